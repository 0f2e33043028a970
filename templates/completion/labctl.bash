# Completion of labctl for bash: source <(labctl completion bash)
_labctl() {
    local line=${COMP_LINE:0:COMP_POINT} words cur value about
    read -ra words <<<"$line"
    if [[ $line == *[[:space:]] ]]; then words+=(""); fi
    cur=${words[${#words[@]} - 1]}
    COMPREPLY=()
    while IFS=$'\t' read -r value about; do
        if [[ $value == :file ]]; then
            compopt -o default 2>/dev/null
            continue
        fi
        # to readline, what follows a '=' is a word of its own
        if [[ $cur == *=* && $COMP_WORDBREAKS == *=* ]]; then value=${value#"${cur%%=*}="}; fi
        COMPREPLY+=("$value")
    done < <("${words[0]/#\~/$HOME}" __complete -- "${words[@]:1}" 2>/dev/null)
}
complete -F _labctl labctl
