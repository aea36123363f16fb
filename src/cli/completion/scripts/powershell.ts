/**
 * The script for PowerShell, from 5.1 on.
 *
 * @module
 */

export const POWERSHELL_SCRIPT = String.raw`# PowerShell completion for ec2-connect.

Register-ArgumentCompleter -Native -CommandName 'ec2-connect', 'ec2-connect.exe' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $words = [System.Collections.Generic.List[string]]::new()
    $current = ''
    $elements = @($commandAst.CommandElements)
    for ($index = 1; $index -lt $elements.Count; $index++) {
        $element = $elements[$index]
        $extent = $element.Extent
        if ($extent.StartOffset -ge $cursorPosition) { break }
        $text = if ($element -is [System.Management.Automation.Language.StringConstantExpressionAst]) {
            $element.Value
        } else {
            $extent.Text
        }
        if ($extent.EndOffset -ge $cursorPosition) {
            # Up to the cursor, without the quote that opens it.
            $typed = $extent.Text.Substring(0, $cursorPosition - $extent.StartOffset)
            $current = $typed -replace '^["'']|["'']$', ''
        } else {
            $words.Add($text)
        }
    }
    $words.Add($current)
    # In one word of letters and digits: older versions lose quotes and empty words on the way.
    $joined = -join ($words | ForEach-Object { $_ + [char]0 })
    $encoded = [Convert]::ToBase64String([System.Text.Encoding]::UTF8.GetBytes($joined))

    $program = $commandAst.GetCommandName()
    if (-not (Get-Command -Name $program -CommandType Application -ErrorAction Ignore)) {
        $program = 'ec2-connect'
    }
    $before = [Console]::OutputEncoding
    $answer = @()
    try {
        [Console]::OutputEncoding = [System.Text.UTF8Encoding]::new($false)
        $answer = @(& $program __complete powershell $encoded 2>$null)
    } catch {
        return
    } finally {
        [Console]::OutputEncoding = $before
    }
    if ($answer.Count -eq 0 -or $answer[0] -notlike 'words*') { return }

    foreach ($line in $answer | Select-Object -Skip 1) {
        if (-not $line) { continue }
        $value, $about = $line -split [char]9, 2
        if (-not $about) { $about = $value }
        $quoted = if ($value -match '^[\w./:=%+-][\w./:=@%+-]*$') {
            $value
        } else {
            "'" + ($value -replace "'", "''") + "'"
        }
        [System.Management.Automation.CompletionResult]::new($quoted, $value, 'ParameterValue', $about)
    }
}
`;
