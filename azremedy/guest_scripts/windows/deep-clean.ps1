# Moves what is left of the snapshot extension aside, in a task of its own: the VM agent, under
# which Run Command itself runs, is stopped meanwhile. The next backup installs the extension anew.
# Folders and registry keys are kept in C:\WindowsAzure\azremedy.
$ErrorActionPreference = 'Stop'
$work = @'
Start-Sleep -Seconds 30
$aside = "C:\WindowsAzure\azremedy\$(Get-Date -Format yyyyMMddTHHmmss)"
New-Item -ItemType Directory -Force -Path $aside
Stop-Service -Name RdAgent -Force
Stop-Service -Name WindowsAzureGuestAgent -Force
Move-Item -Path 'C:\Packages\Plugins\Microsoft.Azure.RecoveryServices.VMSnapshot' -Destination $aside
reg.exe export "HKLM\SOFTWARE\Microsoft\Windows Azure\HandlerState" "$aside\HandlerState.reg" /y
reg.exe export "HKLM\SOFTWARE\Microsoft\WindowsAzure\HandlerState" "$aside\HandlerState-2.reg" /y
Remove-Item -Path 'HKLM:\SOFTWARE\Microsoft\Windows Azure\HandlerState\Microsoft.Azure.RecoveryServices.VMSnapshot_*' -Recurse
Remove-Item -Path 'HKLM:\SOFTWARE\Microsoft\WindowsAzure\HandlerState\Microsoft.Azure.RecoveryServices.VMSnapshot_*' -Recurse
reg.exe add "HKLM\SOFTWARE\Microsoft\BcdrAgent" /v IsProviderInstalled /t REG_SZ /d False /f
reg.exe add "HKLM\SOFTWARE\Microsoft\BcdrAgentPersistentKeys" /v IsCommonProviderInstalled /t REG_SZ /d False /f
Start-Service -Name RdAgent
Start-Service -Name WindowsAzureGuestAgent
Unregister-ScheduledTask -TaskName azremedy-deep-clean -Confirm:$false
'@
$encoded = [Convert]::ToBase64String([Text.Encoding]::Unicode.GetBytes($work))
$action = New-ScheduledTaskAction -Execute powershell.exe -Argument "-NoProfile -NonInteractive -EncodedCommand $encoded"
Register-ScheduledTask -TaskName azremedy-deep-clean -Action $action -User SYSTEM -Force | Out-Null
Start-ScheduledTask -TaskName azremedy-deep-clean
Write-Output 'azremedy=done'
