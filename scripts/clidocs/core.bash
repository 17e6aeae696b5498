# shellcheck shell=bash
# Completion of the cs- commands for bash; made by scripts/cli-docs, do not edit.
# No session is opened and no Python started: ids are names of files, titles stand in small ones.

_cs_most_titles=60
_cs_listing=63 # of COMP_TYPE: the second Tab

# Sets `home`: where the sessions lie that this line is about.
_cs_home() {
    local place word
    home=${CLAUDE_SESSIONS_HOME:-$HOME/.claude-sessions}
    for ((place = 1; place < COMP_CWORD; place++)); do
        word=${COMP_WORDS[place]}
        if [[ $word == -- ]]; then
            return
        elif [[ $word == --home ]]; then
            # bash takes --home=PATH for three words.
            [[ ${COMP_WORDS[place + 1]} == = ]] && place=$((place + 1))
            home=${COMP_WORDS[place + 1]}
            # shellcheck disable=SC2088 # this is where it is expanded
            [[ $home == '~/'* ]] && home=$HOME/${home#'~/'}
        fi
    done
}

# Sets `title` to what a session is known by: what was said of it, else its command.
_cs_title() {
    local file line
    title=
    for file in "$home/logs/$1.user.json" "$home/logs/$1.meta.json"; do
        line=
        { IFS= read -r line <"$file"; } 2>/dev/null
        if [[ $line =~ \"title\":\"(([^\"\\]|\\.)+)\" ]]; then
            title=${BASH_REMATCH[1]}
            break
        elif [[ $line =~ \"command\":\[([^]]*)\] ]]; then
            title=${BASH_REMATCH[1]//\",\"/ }
            title=${title//\\\"/}
            title=${title//\"/}
        fi
    done
    title=${title//[^[:print:]]/}
}

# Adds the sessions whose id begins with $cur; with their titles where bash only lists them, so that
# no title ever gets onto the command line.
_cs_add_sessions() {
    local home file id title known=' ' found=()
    _cs_home
    for file in "$home/$1/$cur"*; do
        id=${file##*/}
        id=${id:0:36}
        [[ $id =~ ^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$ ]] || continue
        [[ $known == *" $id "* ]] && continue
        known+="$id "
        found+=("$id")
    done
    if [[ $COMP_TYPE -ne $_cs_listing || ${#found[@]} -gt $_cs_most_titles || $1 != logs ]]; then
        COMPREPLY+=(${found[@]+"${found[@]}"})
        return
    fi
    for id in ${found[@]+"${found[@]}"}; do
        _cs_title "$id"
        COMPREPLY+=("$id${title:+  (${title:0:40})}")
    done
}

_cs_add_words() {
    local word
    for word in "$@"; do
        [[ $word == "$cur"* ]] && COMPREPLY+=("$word")
    done
}

_cs_add_paths() {
    local path
    [[ $(type -t compopt) == builtin ]] && compopt -o filenames 2>/dev/null
    while IFS= read -r path; do
        COMPREPLY+=("$path")
    done < <(compgen "$1" -- "$cur")
}

_cs_add_values() {
    # shellcheck disable=SC2086 # a list of words
    _cs_add_words $words
    case $kind in
    files) _cs_add_paths -f ;;
    folders) _cs_add_paths -d ;;
    sessions)
        _cs_add_sessions logs
        # A log may be named by its path.
        if [[ ${#COMPREPLY[@]} -eq 0 ]]; then
            _cs_add_paths -f
        fi
        ;;
    trashed) _cs_add_sessions trash ;;
    esac
}

_cs_complete() {
    local cur=$2 previous=$3 command=${1##*/} kind words place
    COMPREPLY=()
    for ((place = 1; place < COMP_CWORD; place++)); do
        if [[ ${COMP_WORDS[place]} == -- && $command == cs-rec ]]; then
            if [[ $place -eq $((COMP_CWORD - 1)) ]]; then
                _cs_add_words_of -c
            else
                _cs_add_paths -f
            fi
            return
        fi
    done
    if [[ $cur == = ]]; then
        cur=
    elif [[ $previous == = ]]; then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    if [[ $previous == -* ]] && _cs_value "$command" "$previous"; then
        _cs_add_values
    elif [[ $cur == -* ]]; then
        # shellcheck disable=SC2046 # a list of words
        _cs_add_words $(_cs_options "$command")
    elif _cs_value "$command" ""; then
        _cs_add_values
    fi
}

_cs_add_words_of() {
    local word
    while IFS= read -r word; do
        COMPREPLY+=("$word")
    done < <(compgen "$1" -- "$cur")
}
