/**
 * The script for fish, from 3.0 on.
 *
 * @module
 */

export const FISH_SCRIPT = String.raw`# fish completion for ec2-connect.

function __ec2_connect_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    # Without its quotes; one that is still open cannot be taken off by fish itself.
    set -l current (string unescape -- "$typed" 2>/dev/null)
    or set current (string replace -r '^["\']' '' -- "$typed")
    # The program by the name that was typed; a function is none.
    set -l program (string replace -r '^~/' "$HOME/" -- $words[1])
    type -fq -- $program 2>/dev/null
    or set program ec2-connect
    set -l answer ($program __complete fish $words[2..-1] "$current" 2>/dev/null)
    set -q answer[1]
    or return
    set -l mode (string split -m 1 \t -- $answer[1])
    switch $mode[1]
        case words
            set -q answer[2]
            and printf '%s\n' $answer[2..-1]
        case files
            set -l path (string sub -s (math (string length -- "$mode[2]") + 1) -- "$current")
            for each in (__fish_complete_path "$path" 2>/dev/null)
                printf '%s\n' "$mode[2]$each"
            end
        case programs
            __fish_complete_command
    end
end

complete -c ec2-connect -f -k -a '(__ec2_connect_complete)'
`;
