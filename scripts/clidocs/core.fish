# Completion of the cs- commands for fish; made by scripts/cli-docs, do not edit.
# No session is opened and no Python started: ids are names of files, titles stand in small ones.

# Where the sessions lie that this line is about.
function __cs_home
    set -l words (commandline -opc)
    set -l home $HOME/.claude-sessions
    set -q CLAUDE_SESSIONS_HOME[1]; and test -n "$CLAUDE_SESSIONS_HOME"; and set home $CLAUDE_SESSIONS_HOME
    while set -q words[2]
        switch $words[1]
            case --
                break
            case --home
                set home $words[2]
        end
        set -e words[1]
    end
    string match -qr -- '^--home=(?<given>.+)' "$words[1]"; and set home $given
    string replace -r '^~/' $HOME/ -- $home
end

# The sessions of a folder, a tab, and what each is known by; where none begins with what is typed,
# files: a log may be named by its path.
function __cs_sessions --argument-names folder
    set -l home (__cs_home)
    set -l typed (commandline -ct)
    set -l known
    set -l begun
    for file in $home/$folder/*
        set -l id (string match -r '[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?=\.)' -- (path basename $file))
        or continue
        contains -- $id $known; and continue
        string match -qr -- "^"(string escape --style=regex -- "$typed") $id
        or continue
        set -a begun $id
        set -a known $id
        set -l title ''
        # Not 10,000 small files at the press of a key.
        if test (count $begun) -gt 200
            echo $id
            continue
        end
        for said in $home/logs/$id.user.json $home/logs/$id.meta.json
            test -r $said; or continue
            set -l line
            read line <$said
            if string match -qr '"title":"(?<title>(?:[^"\\\\]|\\\\.)+)"' -- $line
                break
            end
            string match -qr '"command":\[(?<title>[^]]*)\]' -- $line
            and set title (string replace -a '","' ' ' -- $title | string replace -a '\\"' '' | string replace -a '"' '')
        end
        printf '%s\t%s\n' $id (string replace -ra '[^[:print:]]' '' -- "$title" | string sub -l 60)
    end
    test -n "$begun" -o $folder != logs; or __fish_complete_path "$typed"
end

# Whether what is to be completed belongs to the recorded command.
function __cs_after_dashes
    contains -- -- (commandline -opc)[2..]
end

function __cs_recorded_command
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    set -e words[1..(contains -i -- -- $words)]
    complete -C (string join ' ' -- (string escape -- $words) "$typed")
end

