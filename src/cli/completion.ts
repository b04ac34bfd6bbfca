/** A command of the program with what may follow it: verbs of its own and options, each with what it does. */
export interface CommandNode {
  readonly name: string;
  readonly description: string;
  readonly options: readonly { readonly flag: string; readonly description: string }[];
  readonly commands: readonly CommandNode[];
}

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** The script by which a shell completes the verbs and options of the program. */
export function completionScript(program: CommandNode, shell: Shell): string {
  switch (shell) {
    case 'bash':
      return bashScript(program);
    case 'zsh':
      // zsh runs what is written for bash.
      return `#compdef ${program.name}\nautoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n${bashScript(program)}`;
    case 'fish':
      return fishScript(program);
    default:
      return shell satisfies never;
  }
}

interface Path {
  /** The verbs before, such as ` store verify`. */
  readonly path: string;
  readonly command: CommandNode;
}

function pathsOf(command: CommandNode, path = ''): readonly Path[] {
  return [{ path, command }, ...command.commands.flatMap((child) => pathsOf(child, `${path} ${child.name}`))];
}

function bashScript(program: CommandNode): string {
  const paths = pathsOf(program);
  const known = paths.filter(({ path }) => path !== '').map(({ path }) => `'${path}'`);
  const choices = paths.map(({ path, command }) => {
    const words = [...command.commands.map(({ name }) => name), ...command.options.map(({ flag }) => flag)];
    return `    '${path}') choices='${words.join(' ')}' ;;`;
  });
  return `_${program.name}() {
  local current=\${COMP_WORDS[COMP_CWORD]} path='' choices='' index
  for ((index = 1; index < COMP_CWORD; index++)); do
    case "$path \${COMP_WORDS[index]}" in
      ${known.join(' | ')}) path="$path \${COMP_WORDS[index]}" ;;
    esac
  done
  case "$path" in
${choices.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$choices" -- "$current"))
}
complete -o default -F _${program.name} ${program.name}`;
}

function fishScript(program: CommandNode): string {
  const lines = pathsOf(program).flatMap(({ path, command }) => {
    const verbs = path.trim().split(' ').filter(Boolean);
    const seen = verbs.map((verb) => `__fish_seen_subcommand_from ${verb}`);
    const children = command.commands.map(({ name }) => name);
    const none = children.length > 0 ? [`not __fish_seen_subcommand_from ${children.join(' ')}`] : [];
    const when = [...seen, ...none].join('; and ');
    const condition = when === '' ? '' : ` -n ${quoted(when)}`;
    return [
      ...command.commands.map(
        ({ name, description }) =>
          `complete -c ${program.name}${condition} -f -a ${name} -d ${quoted(description)}`,
      ),
      ...command.options.map(
        ({ flag, description }) =>
          `complete -c ${program.name}${condition} -l ${flag.replace(/^--/, '')} -d ${quoted(description)}`,
      ),
    ];
  });
  return lines.join('\n');
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
