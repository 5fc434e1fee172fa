# Looks at the VM agent and at what it needs, and changes nothing. Azure keeps the last 4,096 bytes
# only: the longest comes first, and what says that there was a look before what was seen.
$ProgressPreference = 'SilentlyContinue'
Write-Output "excluded=$((Get-MpPreference -ErrorAction SilentlyContinue).ExclusionPath -join '|')"
Write-Output "defender=$((Get-MpComputerStatus -ErrorAction SilentlyContinue).RealTimeProtectionEnabled)"
Write-Output "plugins=$((Get-ChildItem 'C:\Packages\Plugins\Microsoft.Azure.RecoveryServices.VMSnapshot' -Directory -ErrorAction SilentlyContinue).Name -join ',')"
Write-Output "handlers=$(@((Get-ChildItem 'HKLM:\SOFTWARE\Microsoft\Windows Azure\HandlerState', 'HKLM:\SOFTWARE\Microsoft\WindowsAzure\HandlerState' -ErrorAction SilentlyContinue).PSChildName | Where-Object { $_ -like '*RecoveryServices.VMSnapshot_*' }) -join ',')"
$program = (Get-ChildItem 'C:\Packages\Plugins\Microsoft.Azure.RecoveryServices.VMSnapshot' -Recurse -Filter IaaSBcdrExtension.exe -ErrorAction SilentlyContinue | Select-Object -First 1).FullName
Write-Output "appid=$((Get-Service -Name AppIDSvc -ErrorAction SilentlyContinue).Status)"
Write-Output "applocker=$((Get-AppLockerPolicy -Effective | Test-AppLockerPolicy -Path $program -User S-1-5-18).PolicyDecision)"
Write-Output "visualc=$((Get-ItemProperty 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\*', 'HKLM:\SOFTWARE\Wow6432Node\Microsoft\Windows\CurrentVersion\Uninstall\*' -ErrorAction SilentlyContinue | Where-Object DisplayName -like '*Visual C++ 2013*x64*' | Select-Object -First 1).DisplayName)"
Write-Output "dotnet=$((Get-ItemProperty 'HKLM:\SOFTWARE\Microsoft\NET Framework Setup\NDP\v4\Full' -ErrorAction SilentlyContinue).Version)"
Write-Output "dhcp=$((Get-CimInstance Win32_NetworkAdapterConfiguration -Filter 'IPEnabled=TRUE' | Where-Object DefaultIPGateway).DHCPEnabled -join ',')"
Write-Output "host80=$(Test-NetConnection 168.63.129.16 -Port 80 -InformationLevel Quiet -WarningAction SilentlyContinue)"
Write-Output "host32526=$(Test-NetConnection 168.63.129.16 -Port 32526 -InformationLevel Quiet -WarningAction SilentlyContinue)"
Write-Output "version=$((Get-Item 'C:\WindowsAzure\Packages\WaAppAgent.exe', 'C:\WindowsAzure\GuestAgent_*\WaAppAgent.exe' -ErrorAction SilentlyContinue).VersionInfo.ProductVersion -join ' ')"
Write-Output 'services=looked'
Get-CimInstance Win32_Service -Filter "Name='RdAgent' OR Name='WindowsAzureGuestAgent'" | Select-Object Name, State, StartMode | ConvertTo-Csv -NoTypeInformation
Write-Output 'azremedy=done'
