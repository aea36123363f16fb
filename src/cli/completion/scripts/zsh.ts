/**
 * The script for zsh: a file named `_ec2-connect` in a folder of `fpath`, or the output sourced after
 * `compinit`.
 *
 * @module
 */

export const ZSH_SCRIPT = `#compdef ec2-connect
# zsh completion for ec2-connect.

_ec2-connect() {
  # The program by the name that was typed; a function or a slip is none.
  local program=\${(Q)words[1]}
  program=\${program/#\\~\\//$HOME/}
  whence -p -- "$program" >/dev/null || program=ec2-connect
  local -a typed answer values displays
  local line mode before
  integer index width=0
  for (( index = 2; index < CURRENT; index++ )); do typed+=("\${(Q)words[index]}"); done
  answer=("\${(@f)$("$program" __complete zsh "\${typed[@]}" "\${(Q)PREFIX}" 2>/dev/null)}")
  mode=\${answer[1]%%$'\\t'*} before=\${answer[1]#*$'\\t'}
  case $mode in
    words)
      for line in "\${(@)answer[2,-1]}"; do
        [[ -n $line ]] || continue
        values+=("\${line%%$'\\t'*}")
        (( \${#values[-1]} > width )) && width=\${#values[-1]}
      done
      (( \${#values} )) || return 1
      (( width > 40 )) && width=40
      index=0
      for line in "\${(@)answer[2,-1]}"; do
        [[ -n $line ]] || continue
        (( index++ ))
        if [[ -n \${line#*$'\\t'} ]]; then
          displays+=("\${(r:width:)values[index]}  -- \${line#*$'\\t'}")
        else
          displays+=("\${values[index]}")
        fi
      done
      compadd -V ec2-connect -l -d displays -a -- values
      ;;
    files)
      [[ -n $before ]] && compset -P "\${(b)before}"
      _files
      ;;
    programs)
      _command_names -e
      ;;
    *)
      return 1
      ;;
  esac
}

# Loaded by compinit it is called at once; sourced it is registered.
if [[ \${funcstack[1]} == _ec2-connect ]]; then
  _ec2-connect "$@"
elif (( \${+functions[compdef]} )); then
  compdef _ec2-connect ec2-connect
fi
`;
