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

complete -c cs-rec -n __cs_after_dashes -f -a '(__cs_recorded_command)'
complete -c cs-rec -n 'not __cs_after_dashes' -f -a '(__fish_complete_directories)'
complete -c cs-rec -n 'not __cs_after_dashes' -l title -x -d 'a title that cs-ls shows'
complete -c cs-rec -n 'not __cs_after_dashes' -l tag -x -d 'a tag; repeatable'
complete -c cs-rec -n 'not __cs_after_dashes' -l no-input -d 'do not record what is typed'
complete -c cs-rec -n 'not __cs_after_dashes' -l size -x -d 'the command\'s window (default: this terminal\'s, else 80x24)'
complete -c cs-rec -n 'not __cs_after_dashes' -s q -l quiet -d 'say nothing at the start and the end'
complete -c cs-rec -n 'not __cs_after_dashes' -l allow-nested -d 'record inside a recorded session'
complete -c cs-rec -n 'not __cs_after_dashes' -l mark-key -x -d 'sets a marker, as ^] (default: none)'
complete -c cs-rec -n 'not __cs_after_dashes' -l pause-key -x -d 'pauses recording (default: none)'
complete -c cs-rec -n 'not __cs_after_dashes' -l idle-limit -x -d 'longest pause that cs-play keeps, in seconds (the log keeps all of it)'
complete -c cs-rec -n 'not __cs_after_dashes' -l rotate-bytes -x -d 'go on in a new file after N bytes of log, e.g. 16M (default), 1G'
complete -c cs-rec -n 'not __cs_after_dashes' -l sync -x -a 'none\t"" 100ms\t"" 1s\t"" each\t""' -d 'what a power cut may cost: none (no promise), 100ms, 1s (default), each (nothing)'
complete -c cs-rec -n 'not __cs_after_dashes' -l strict -d 'end the session when its log cannot be written (default: it goes on, and the log states the gap)'
complete -c cs-rec -n 'not __cs_after_dashes' -l fix-tty -d 'restore this terminal after a cs-rec that was killed'
complete -c cs-rec -n 'not __cs_after_dashes' -s h -l help -d 'show this help'
complete -c cs-rec -n 'not __cs_after_dashes' -l home -x -a '(__fish_complete_directories)' -d 'where sessions lie (default: $CLAUDE_SESSIONS_HOME, else ~/.claude-sessions)'
complete -c cs-rec -n 'not __cs_after_dashes' -l version -d 'print the version'
complete -c cs-play -f -k -a 'last\t"" last~1\t"" (__cs_sessions logs)'
complete -c cs-play -s s -l speed -x -d 'times as fast (default: 1; from 0.01 to 1000)'
complete -c cs-play -s i -l idle-limit -l max-wait -x -d 'no wait longer than S seconds, counted before --speed; none: every wait in full (default: what was set when recording, else none)'
complete -c cs-play -l from -x -d 'play from T on'
complete -c cs-play -l to -x -d 'play up to T'
complete -c cs-play -l at -x -d 'begin at T; with --loop, later rounds begin at --from'
complete -c cs-play -s l -l loop -d 'begin anew at the end, until you quit'
complete -c cs-play -l no-timing -d 'no waits at all'
complete -c cs-play -s p -l paused -d 'begin paused'
complete -c cs-play -s f -l follow -d 'begin at the end, and go on as it is recorded'
complete -c cs-play -l resume -d 'go on where Q was pressed in this session'
complete -c cs-play -l find -x -d 'go to where PATTERN (a regular expression) first stood on the screen, and pause; with --at, only mark it there'
complete -c cs-play -l bare -d 'no bar: nothing but the recording (o shows the bar)'
complete -c cs-play -l fit -d 'leave out rows and columns that repeat the one before, where the window is smaller than the recording (default: show a part of it; H J K L move it)'
complete -c cs-play -l links -d 'let links to http and https through (OSC 8)'
complete -c cs-play -l no-mouse -d 'leave the mouse to the terminal'
complete -c cs-play -l size -x -d 'the recorded terminal\'s size (default: as the log says, or else lets guess)'
complete -c cs-play -l width -x -a 'grapheme\t"" legacy\t""' -d 'how wide characters are: joined emoji as one, as in today\'s terminals, or each code point by itself, as in older ones (default: grapheme)'
complete -c cs-play -l raw -d 'pass the recorded bytes on as they are, whatever they do to the terminal; only space, . { } Backspace and q are keys then'
complete -c cs-play -l filtered -d 'as --raw, but of the bytes only text, style and moves: no title, clipboard, link, question or mode gets through; for pipes too'
complete -c cs-play -l dump-at -x -d 'write the screen as it was at T, and play nothing'
complete -c cs-play -l ansi -d '--dump-at as text and colours'
complete -c cs-play -l svg -d '--dump-at as SVG'
complete -c cs-play -l html -d '--dump-at as HTML'
complete -c cs-play -l png -d '--dump-at as PNG'
complete -c cs-play -s h -l help -d 'show this help'
complete -c cs-play -l home -x -a '(__fish_complete_directories)' -d 'where sessions lie (default: $CLAUDE_SESSIONS_HOME, else ~/.claude-sessions)'
complete -c cs-play -l version -d 'print the version'
complete -c cs-grep -f -k -a 'all\t"" last\t"" last~1\t"" (__cs_sessions logs)'
complete -c cs-grep -s e -l regexp -x -d 'a pattern (again: one of them is enough); all other words are SESSION'
complete -c cs-grep -s f -l file -rF -d 'patterns from a file, one a line; - is standard input'
complete -c cs-grep -s i -l ignore-case -d 'ignore case'
complete -c cs-grep -s S -l smart-case -d 'ignore case unless the pattern holds a capital letter'
complete -c cs-grep -s F -l fixed-strings -d 'patterns are plain text'
complete -c cs-grep -s w -l word-regexp -d 'only whole words match'
complete -c cs-grep -s x -l line-regexp -d 'only whole lines match'
complete -c cs-grep -s v -l invert-match -d 'lines that do not match'
complete -c cs-grep -l secrets -d 'instead of a pattern: what cs-redact takes for a secret, masked'
complete -c cs-grep -l flow -d 'a blank is whatever parts words on a screen (default for plain words)'
complete -c cs-grep -l exact -d 'match within a line, blanks as they are'
complete -c cs-grep -l title -x -d 'only sessions whose title fits (may be given again: one of them is enough)'
complete -c cs-grep -l tag -x -d 'only sessions with such a tag, in full (may be given again: one of them is enough)'
complete -c cs-grep -l cwd -x -a '(__fish_complete_directories)' -d 'only sessions recorded in such a directory; a path means it and all below it (may be given again: one of them is enough)'
complete -c cs-grep -l command -x -d 'only sessions of such a command (may be given again: one of them is enough)'
complete -c cs-grep -l since -x -d 'only what was since then'
complete -c cs-grep -l until -x -d 'only what was until then'
complete -c cs-grep -l input -d 'only lines that the user typed'
complete -c cs-grep -l output -d 'only lines that the user did not'
complete -c cs-grep -l transient -d 'also what stood there for less than a quarter of a second, and each value of a counter that matches (default: the last, with their number; -o gives all)'
complete -c cs-grep -l raw -d 'search the recorded bytes, escape sequences and all'
complete -c cs-grep -s m -l max-count -x -d 'at most N hits of each session'
complete -c cs-grep -l size -x -d 'the recorded screen\'s size at the beginning (default: what the log says, else what its output fits into)'
complete -c cs-grep -s o -l only-matching -d 'only what matches, each on a line'
complete -c cs-grep -s c -l count -d 'only how many lines match'
complete -c cs-grep -s l -l files-with-matches -d 'only the ids of sessions that match'
complete -c cs-grep -s L -l files-without-match -d 'only the ids of those that do not'
complete -c cs-grep -s q -l quiet -d 'nothing but the exit status'
complete -c cs-grep -s A -l after-context -x -d 'also N lines after'
complete -c cs-grep -s B -l before-context -x -d 'also N lines before'
complete -c cs-grep -s C -l context -x -d 'both'
complete -c cs-grep -l no-filename -d 'no session before its lines'
complete -c cs-grep -s H -l with-filename -d 'the session before each line, also of a single one'
complete -c cs-grep -l sort -x -a 'newest\t"" oldest\t""' -d 'which session comes first (default: newest)'
complete -c cs-grep -l color -l colour -x -a 'auto\t"" always\t"" never\t""' -d 'colour what matches (default: auto, that is on a terminal)'
complete -c cs-grep -l json -d 'one JSON object a line, in ripgrep\'s shapes'
complete -c cs-grep -l play -d 'open the player at the first hit, --play=N: at the N-th; n is the next'
complete -c cs-grep -s h -l help -d 'show this help'
complete -c cs-grep -l home -x -a '(__fish_complete_directories)' -d 'where sessions lie (default: $CLAUDE_SESSIONS_HOME, else ~/.claude-sessions)'
complete -c cs-grep -l version -d 'print the version'
complete -c cs-ls -f -k -a 'all\t"" last\t"" last~1\t"" (__cs_sessions logs)'
complete -c cs-ls -s n -l number -x -d 'only the newest N'
complete -c cs-ls -l state -x -a 'recording\t"" waiting\t"" done\t"" failed\t""' -d 'only sessions in this state: recording, waiting, done, failed (may be given again)'
complete -c cs-ls -l json -d 'one JSON object a line'
complete -c cs-ls -l title -x -d 'only sessions whose title fits (may be given again: one of them is enough)'
complete -c cs-ls -l tag -x -d 'only sessions with such a tag, in full (may be given again: one of them is enough)'
complete -c cs-ls -l cwd -x -a '(__fish_complete_directories)' -d 'only sessions recorded in such a directory; a path means it and all below it (may be given again: one of them is enough)'
complete -c cs-ls -l command -x -d 'only sessions of such a command (may be given again: one of them is enough)'
complete -c cs-ls -l since -x -d 'only what was since then'
complete -c cs-ls -l until -x -d 'only what was until then'
complete -c cs-ls -s h -l help -d 'show this help'
complete -c cs-ls -l home -x -a '(__fish_complete_directories)' -d 'where sessions lie (default: $CLAUDE_SESSIONS_HOME, else ~/.claude-sessions)'
complete -c cs-ls -l version -d 'print the version'
complete -c cs-du -l by -x -a 'session\t"" directory\t"" month\t""' -d 'what to add up by (default: session)'
complete -c cs-du -s n -l number -x -d 'only the first N'
complete -c cs-du -l json -d 'one JSON object a line'
complete -c cs-du -s h -l help -d 'show this help'
complete -c cs-du -l home -x -a '(__fish_complete_directories)' -d 'where sessions lie (default: $CLAUDE_SESSIONS_HOME, else ~/.claude-sessions)'
complete -c cs-du -l version -d 'print the version'
complete -c cs-export -f -k -a 'last\t"" last~1\t"" (__cs_sessions logs)'
complete -c cs-export -s o -l output -rF -d 'where to; - is stdout (default: the first characters of the id, in this folder)'
complete -c cs-export -s f -l format -x -a 'asciicast-v3\t"" asciicast-v2\t"" asciicast-v1\t"" text\t"" markdown\t"" html\t"" svg\t"" png\t"" gif\t"" mp4\t"" webm\t"" ttyrec\t"" typescript\t"" typescript-classic\t"" raw\t"" jsonl\t"" tar.gz\t"" tar.zst\t""' -d 'the form, by its name or the ending it has, whatever the name of FILE'
complete -c cs-export -l force -d 'replace FILE if it exists'
complete -c cs-export -l from -x -d 'from T on'
complete -c cs-export -l to -x -d 'up to T'
complete -c cs-export -l at -x -d 'a picture of the moment T (.png, .svg)'
complete -c cs-export -l redact -l no-redact -d 'mask secrets, best effort (default: in forms made to be shared, as .cast)'
complete -c cs-export -l no-input -d 'without what was typed'
complete -c cs-export -s s -l speed -x -d 'times as fast (default: 1)'
complete -c cs-export -s i -l idle-limit -x -d 'no wait longer than S seconds, counted before --speed'
complete -c cs-export -l size -x -d 'the terminal\'s size, in place of all that the log says'
complete -c cs-export -s h -l help -d 'show this help'
complete -c cs-export -l home -x -a '(__fish_complete_directories)' -d 'where sessions lie (default: $CLAUDE_SESSIONS_HOME, else ~/.claude-sessions)'
complete -c cs-export -l version -d 'print the version'
complete -c cs-import -F
complete -c cs-import -s f -l format -x -d 'the form, whatever the content looks like'
complete -c cs-import -l timing -rF -d 'the timing of a typescript'
complete -c cs-import -s t -l title -x -d 'a title for it'
complete -c cs-import -l tag -x -d 'a tag for it; may be given again'
complete -c cs-import -l new-id -d 'a new id even where it has one that is free'
complete -c cs-import -l json -d 'one JSON object a line'
complete -c cs-import -s h -l help -d 'show this help'
complete -c cs-import -l home -x -a '(__fish_complete_directories)' -d 'where sessions lie (default: $CLAUDE_SESSIONS_HOME, else ~/.claude-sessions)'
complete -c cs-import -l version -d 'print the version'
complete -c cs-index -f -k -a 'all\t"" last\t"" last~1\t"" (__cs_sessions logs)'
complete -c cs-index -l jobs -x -d 'so many processes (default: one a core)'
complete -c cs-index -l json -d 'one JSON object a line'
complete -c cs-index -l title -x -d 'only sessions whose title fits (may be given again: one of them is enough)'
complete -c cs-index -l tag -x -d 'only sessions with such a tag, in full (may be given again: one of them is enough)'
complete -c cs-index -l cwd -x -a '(__fish_complete_directories)' -d 'only sessions recorded in such a directory; a path means it and all below it (may be given again: one of them is enough)'
complete -c cs-index -l command -x -d 'only sessions of such a command (may be given again: one of them is enough)'
complete -c cs-index -l since -x -d 'only what was since then'
complete -c cs-index -l until -x -d 'only what was until then'
complete -c cs-index -s h -l help -d 'show this help'
complete -c cs-index -l home -x -a '(__fish_complete_directories)' -d 'where sessions lie (default: $CLAUDE_SESSIONS_HOME, else ~/.claude-sessions)'
complete -c cs-index -l version -d 'print the version'
complete -c cs-info -f -k -a 'last\t"" last~1\t"" (__cs_sessions logs)'
complete -c cs-info -l json -d 'one JSON object a session'
complete -c cs-info -s h -l help -d 'show this help'
complete -c cs-info -l home -x -a '(__fish_complete_directories)' -d 'where sessions lie (default: $CLAUDE_SESSIONS_HOME, else ~/.claude-sessions)'
complete -c cs-info -l version -d 'print the version'
complete -c cs-mark -f
complete -c cs-mark -l session -x -k -a 'last\t"" last~1\t"" (__cs_sessions logs)' -d 'an id, the first 4 or more characters of one, last, last~N, or a log file\'s path (default: the one this runs in)'
complete -c cs-mark -l at -x -d 'the moment, as for cs-play (default: now, or the end of a session that has ended)'
complete -c cs-mark -s h -l help -d 'show this help'
complete -c cs-mark -l home -x -a '(__fish_complete_directories)' -d 'where sessions lie (default: $CLAUDE_SESSIONS_HOME, else ~/.claude-sessions)'
complete -c cs-mark -l version -d 'print the version'
complete -c cs-meta -f -k -a 'last\t"" last~1\t"" (__cs_sessions logs)'
complete -c cs-meta -l title -x -d 'its title; empty for none'
complete -c cs-meta -l tag -x -d 'give it a tag (repeatable)'
complete -c cs-meta -l untag -x -d 'take a tag away (repeatable)'
complete -c cs-meta -l reset -d 'first forget all that cs-meta was told before'
complete -c cs-meta -l json -d 'one JSON object'
complete -c cs-meta -s h -l help -d 'show this help'
complete -c cs-meta -l home -x -a '(__fish_complete_directories)' -d 'where sessions lie (default: $CLAUDE_SESSIONS_HOME, else ~/.claude-sessions)'
complete -c cs-meta -l version -d 'print the version'
complete -c cs-pin -f -k -a 'last\t"" last~1\t"" (__cs_sessions logs)'
complete -c cs-pin -l unpin -d 'take the pin away'
complete -c cs-pin -s h -l help -d 'show this help'
complete -c cs-pin -l home -x -a '(__fish_complete_directories)' -d 'where sessions lie (default: $CLAUDE_SESSIONS_HOME, else ~/.claude-sessions)'
complete -c cs-pin -l version -d 'print the version'
complete -c cs-prune -l older-than -x -d 'those that ended before that'
complete -c cs-prune -l max-size -x -d 'the oldest until all take less'
complete -c cs-prune -l keep-lines -d 'keep screen lines and summary of what goes (2 % of its size; also keep_lines)'
complete -c cs-prune -l empty-trash -d 'instead, erase what lies in the trash'
complete -c cs-prune -l dry-run -d 'only show what would be done'
complete -c cs-prune -s y -l yes -d 'do not ask'
complete -c cs-prune -l json -d 'one JSON object a line'
complete -c cs-prune -s h -l help -d 'show this help'
complete -c cs-prune -l home -x -a '(__fish_complete_directories)' -d 'where sessions lie (default: $CLAUDE_SESSIONS_HOME, else ~/.claude-sessions)'
complete -c cs-prune -l version -d 'print the version'
complete -c cs-redact -f -k -a 'last\t"" last~1\t"" (__cs_sessions logs)'
complete -c cs-redact -l dry-run -d 'only say what there is'
complete -c cs-redact -l now -d 'erase the original, past the trash'
complete -c cs-redact -s h -l help -d 'show this help'
complete -c cs-redact -l home -x -a '(__fish_complete_directories)' -d 'where sessions lie (default: $CLAUDE_SESSIONS_HOME, else ~/.claude-sessions)'
complete -c cs-redact -l version -d 'print the version'
complete -c cs-restore -f -a 'last\t"" (__cs_sessions trash)'
complete -c cs-restore -l json -d 'list as one JSON object a line'
complete -c cs-restore -s h -l help -d 'show this help'
complete -c cs-restore -l home -x -a '(__fish_complete_directories)' -d 'where sessions lie (default: $CLAUDE_SESSIONS_HOME, else ~/.claude-sessions)'
complete -c cs-restore -l version -d 'print the version'
complete -c cs-rm -f -k -a 'last\t"" last~1\t"" (__cs_sessions logs)'
complete -c cs-rm -l now -d 'for good, past the trash; asks first'
complete -c cs-rm -s y -l yes -d 'do not ask'
complete -c cs-rm -s h -l help -d 'show this help'
complete -c cs-rm -l home -x -a '(__fish_complete_directories)' -d 'where sessions lie (default: $CLAUDE_SESSIONS_HOME, else ~/.claude-sessions)'
complete -c cs-rm -l version -d 'print the version'
complete -c cs-repair -f -k -a 'last\t"" last~1\t"" (__cs_sessions logs)'
complete -c cs-repair -l dry-run -d 'write nothing, only say'
complete -c cs-repair -l keep-doubtful -d 'keep lines that read, though a hash says that one may have changed'
complete -c cs-repair -l json -d 'one JSON object'
complete -c cs-repair -s h -l help -d 'show this help'
complete -c cs-repair -l home -x -a '(__fish_complete_directories)' -d 'where sessions lie (default: $CLAUDE_SESSIONS_HOME, else ~/.claude-sessions)'
complete -c cs-repair -l version -d 'print the version'
complete -c cs-text -f -k -a 'last\t"" last~1\t"" (__cs_sessions logs)'
complete -c cs-text -l from -x -d 'only what came from then on: 90, 1:30, 50%, 18:15:32, as for cs-play'
complete -c cs-text -l to -x -d 'only what came until then'
complete -c cs-text -l times -d 'before each line when it came'
complete -c cs-text -l markdown -d 'as Markdown'
complete -c cs-text -l json -d 'one JSON object a line'
complete -c cs-text -s h -l help -d 'show this help'
complete -c cs-text -l home -x -a '(__fish_complete_directories)' -d 'where sessions lie (default: $CLAUDE_SESSIONS_HOME, else ~/.claude-sessions)'
complete -c cs-text -l version -d 'print the version'
complete -c cs-verify -f -k -a 'last\t"" last~1\t"" (__cs_sessions logs)'
complete -c cs-verify -s v -l verbose -d 'a line for each segment'
complete -c cs-verify -l signed-by -x -d 'only what this key signed is right: a file with a public key, or SHA256:...'
complete -c cs-verify -l json -d 'one JSON object a segment'
complete -c cs-verify -s h -l help -d 'show this help'
complete -c cs-verify -l home -x -a '(__fish_complete_directories)' -d 'where sessions lie (default: $CLAUDE_SESSIONS_HOME, else ~/.claude-sessions)'
complete -c cs-verify -l version -d 'print the version'
