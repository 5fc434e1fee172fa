# For Windows PowerShell 5.1 and PowerShell 7. The program is asked with the line up to the cursor
# and answers one completion a line: kind, value and help, with tabs between them.
Register-ArgumentCompleter -Native -CommandName azremedy -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $line = $commandAst.Extent.Text
    $length = [Math]::Max(0, $cursorPosition - $commandAst.Extent.StartOffset)
    if ($line.Length -gt $length) { $line = $line.Substring(0, $length) }
    $before = $env:_AZREMEDY_COMPLETE, $env:COMP_WORDS, $env:COMP_CWORD
    try {
        $env:_AZREMEDY_COMPLETE = 'powershell_complete'
        $env:COMP_WORDS = $line
        $env:COMP_CWORD = $wordToComplete
        $answers = @(& azremedy 2> $null)
    } finally {
        $env:_AZREMEDY_COMPLETE, $env:COMP_WORDS, $env:COMP_CWORD = $before
    }
    foreach ($answer in $answers) {
        $kind, $value, $help = $answer -split "`t", 3
        if ($kind -ne 'plain') {
            Get-ChildItem -Path "$wordToComplete*" -ErrorAction SilentlyContinue |
                ForEach-Object {
                    [System.Management.Automation.CompletionResult]::new(
                        $_.FullName, $_.Name, 'ProviderItem', $_.FullName)
                }
            continue
        }
        if (-not $help) { $help = $value }
        [System.Management.Automation.CompletionResult]::new(
            $value, $value, 'ParameterValue', $help)
    }
}
