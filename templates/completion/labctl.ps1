# Completion of labctl for PowerShell: labctl completion powershell >> $PROFILE
Register-ArgumentCompleter -Native -CommandName labctl, labctl.exe -ScriptBlock {
    param($word, $ast, $cursor)
    $words = @($ast.CommandElements | Where-Object { $_.Extent.StartOffset -lt $cursor } |
        ForEach-Object { $_.Extent.Text })
    $options = @()
    if ($word -eq '') { $options = @('--new-word') }
    $rest = @($words | Select-Object -Skip 1)
    & $words[0] __complete $options '--' $rest 2>$null | ForEach-Object {
        $value, $about = $_ -split "`t", 2
        # without a result PowerShell completes names of files by itself
        if ($value -ne ':file') {
            if (-not $about) { $about = $value }
            [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $about)
        }
    }
}
