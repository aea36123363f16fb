/**
 * The script for bash, from 3.2 (macOS) on. bash-completion is not needed.
 *
 * @module
 */

export const BASH_SCRIPT = `# bash completion for ec2-connect.

_ec2_connect() {
  # The program by the name that was typed; an alias is none.
  local program=\${1/#\\~\\//$HOME/} answer line
  type -P "$program" >/dev/null 2>&1 || program=ec2-connect
  answer=$("$program" __complete bash "\${COMP_LINE:0:$COMP_POINT}" "$2" "\${COMP_TYPE:-9}" \\
    "\${COLUMNS:-80}" 2>/dev/null)
  COMPREPLY=()
  case \${answer%%$'\\n'*} in
    words)
      answer=\${answer#words}
      while IFS= read -r line; do
        [[ -n $line ]] && COMPREPLY+=("$line")
      done <<<"$answer"
      ;;
    files)
      if type compopt >/dev/null 2>&1; then
        compopt -o default
      else
        while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$2")
      fi
      ;;
    programs)
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -c -- "$2")
      ;;
  esac
  return 0
}

complete -F _ec2_connect ec2-connect
`;
