# Starts the VM agent anew, in a task of its own: Run Command itself runs under the agent. The task
# holds its commands itself, so that no file can be changed under it.
$ErrorActionPreference = 'Stop'
$work = @'
Start-Sleep -Seconds 30
Set-Service -Name RdAgent -StartupType Automatic
Set-Service -Name WindowsAzureGuestAgent -StartupType Automatic
Stop-Process -Name WaAppAgent, WindowsAzureGuestAgent -Force
Start-Sleep -Seconds 5
Start-Service -Name RdAgent
Start-Service -Name WindowsAzureGuestAgent
Unregister-ScheduledTask -TaskName azremedy-start-agent -Confirm:$false
'@
$encoded = [Convert]::ToBase64String([Text.Encoding]::Unicode.GetBytes($work))
$action = New-ScheduledTaskAction -Execute powershell.exe -Argument "-NoProfile -NonInteractive -EncodedCommand $encoded"
Register-ScheduledTask -TaskName azremedy-start-agent -Action $action -User SYSTEM -Force | Out-Null
Start-ScheduledTask -TaskName azremedy-start-agent
Write-Output 'azremedy=done'
