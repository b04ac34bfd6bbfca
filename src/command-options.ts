import type { Command } from 'commander';
import { Option } from 'commander';
import { PRODUCER_SETTINGS, SETTINGS, flagOf } from './settings.ts';
import type { CommandNode } from './cli/completion.ts';

/** A command with its options and verbs, for completion. */
export function nodeOf(command: Command): CommandNode {
  return {
    name: command.name(),
    description: command.description(),
    options: command.options.flatMap(({ long, description, hidden }) =>
      long && !hidden ? [{ flag: long, description }] : [],
    ),
    commands: command.commands.map(nodeOf),
  };
}

/** The settings of `exec`, for its help. */
export function execSettings(): string {
  return settingsHelp(PRODUCER_SETTINGS.map(({ name }) => name));
}

/** These settings of producers, for the help of a verb. */
export function settingsHelp(names: readonly string[]): string {
  const lines = PRODUCER_SETTINGS.filter(({ name }) => names.includes(name)).map(
    ({ name, fallback, description }) =>
      `  BURNWATCH_${name.padEnd(11)} ${description}${fallback === null ? '' : ` (default: ${fallback})`}`,
  );
  return ['', 'Environment:', ...lines].join('\n');
}

/** A command with a flag for every setting of the service. */
export function withSettings(command: Command): Command {
  for (const setting of SETTINGS) {
    const fallback = setting.fallback === null ? '' : ` (default: ${setting.fallback})`;
    const option = new Option(
      `${flagOf(setting.name)} <${setting.argument}>`,
      `${setting.description}; BURNWATCH_${setting.name}${fallback}`,
    );
    // Known all the same, so that the error can say what to do instead.
    if ('noFlag' in setting) option.hideHelp();
    command.addOption(option);
  }
  return command;
}

/** It asks a running service. */
export function withService(command: Command): Command {
  return command.addHelpText('after', () => settingsHelp(['URL', 'TOKEN', 'TOKEN_FILE']));
}

export function withFormat(command: Command): Command {
  return withService(command.option('--format <format>', 'text or json', 'text'));
}

/** The verb that writes a first SLO file, with a flag for each of its questions. */
export function withQuestions(command: Command): Command {
  return command
    .argument('[folder]', 'made, or empty', './my-slos')
    .option('--workflow <name>', 'what the workflow is called')
    .option('--owner <team>', 'the team that owns it')
    .option('--steps <steps>', 'its steps in their order, with commas between them')
    .option('--objective <share>', 'the share of executions that has to be good; 99% if absent')
    .option('--within <duration>', 'the longest time a good one takes, or any; any if absent')
    .option('--traffic <rate>', 'how many there are, such as 60/minute, or unknown; unknown if absent');
}
