# Completion of labctl for fish: labctl completion fish > ~/.config/fish/completions/labctl.fish
function __labctl_complete
    set -l words (commandline -opc)
    set -l cur (commandline -ct)
    for line in ($words[1] __complete -- $words[2..-1] "$cur" 2>/dev/null)
        if test "$line" = :file
            __fish_complete_path "$cur"
        else
            echo $line
        end
    end
end
complete -c labctl -f -a '(__labctl_complete)'
