"""The Azure Function (Python, v2 model) behind an action group's webhook or function action.

Its managed identity needs the role to diagnose, which 'azremedy role' writes, and Storage Blob Data
Contributor on the account of the setting ``PlanStorage__blobServiceUri``. It never changes a VM.
"""

from __future__ import annotations

import azure.functions as func  # type: ignore[import-untyped] # the Function's own dependency
from answer_alert import answer

from azremedy import api

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)


@app.route(route="alert", methods=["POST"])  # type: ignore[untyped-decorator] # see above
@app.blob_output(  # type: ignore[untyped-decorator] # see above
    arg_name="plan", path="azremedy-plans/{rand-guid}.json", connection="PlanStorage"
)
def answer_backup_alert(req: func.HttpRequest, plan: func.Out[str]) -> func.HttpResponse:
    """Diagnose, keep the plan in a blob, and answer with the causes."""
    try:
        answered = answer(req.get_json(), api.ConnectOptions(read_only=True))
    except (ValueError, KeyError) as error:
        return func.HttpResponse(f"Not understood: {error}", status_code=400)
    if answered.plan is not None:
        plan.set(answered.plan)
    return func.HttpResponse(answered.message, mimetype="text/plain")
