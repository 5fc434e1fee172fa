"""Speak to Azure: one file per service, and the only package that imports the Azure SDK.

Importing these modules loads no SDK package; a client is made when it is first used.
"""
