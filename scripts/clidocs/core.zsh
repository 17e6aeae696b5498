# Completion of the cs- commands for zsh; made by scripts/cli-docs, do not edit.
# No session is opened and no Python started: ids are names of files, titles stand in small ones.

# Sets `home`: where the sessions lie that this line is about.
_cs_home() {
    local place
    home=${CLAUDE_SESSIONS_HOME:-$HOME/.claude-sessions}
    for ((place = 2; place < CURRENT; place++)); do
        case $words[place] in
        --) return ;;
        --home) home=${~words[place + 1]} ;;
        --home=*) home=${~words[place]#--home=} ;;
        esac
    done
}

# The sessions of a folder, the newest first, with what each is known by.
_cs_stored() {
    local home id file line title
    local -aU ids
    local -a described
    _cs_home
    ids=($home/$1/[0-9a-fA-F](#c8)-*.*(Nom:t))
    ids=(${(M)${ids%%.*}:#????????-????-????-????-????????????})
    # Not 10,000 small files at the press of a key.
    for id in ${${(M)ids:#$PREFIX*}[1,200]}; do
        title=
        for file in $home/logs/$id.{user,meta}.json(N); do
            line=
            read -r line <$file 2>/dev/null
            if [[ $line =~ '"title":"(([^"\\]|\\.)+)"' ]]; then
                title=$match[1]
                break
            elif [[ $line =~ '"command":\[([^]]*)\]' ]]; then
                title=${${${match[1]//\",\"/ }//\\\"/}//\"/}
            fi
        done
        described+=("$id:${${title//[^[:print:]]/}[1,60]}")
    done
    _describe -V -t sessions session described
}

# $1 is `logs` or `trash`; the other words always do. A log may also be named by its path.
_cs_sessions() {
    local folder=$1 found=1 match mbegin mend MATCH MBEGIN MEND
    local -a often
    shift
    setopt localoptions extendedglob
    often=($@)
    compadd -V often -a often && found=0
    _cs_stored $folder && found=0
    ((found)) && [[ $folder == logs ]] && _files && found=0
    return found
}

# What follows `--` is a command line of its own.
_cs_recorded() {
    local place=${words[(i)--]}
    ((place < CURRENT)) || return 1
    shift $place words
    ((CURRENT -= place))
    _normal -p cs-rec
}

