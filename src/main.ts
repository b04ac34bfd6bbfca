#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { format } from 'node:util';
import { Command, CommanderError, Option } from 'commander';
import { pino } from 'pino';
import type { Logger } from 'pino';
import type { App } from './app.ts';
import { readConfig, readOutboundRules, readReferences } from './config.ts';
import { execSettings, nodeOf, withFormat, withQuestions, withSettings } from './command-options.ts';
import {
  addAcknowledgeCommand,
  addAnnotateCommand,
  addDeadLetterCommands,
  addOnCallCommand,
  addReportCommand,
  addOutboxCommands,
  addSilenceCommands,
} from './service-commands.ts';
import type { GateOptions } from './cli/gate.ts';
import type { InitFlags } from './cli/init.ts';
import type { IncidentOptions } from './cli/incidents.ts';
import type { VerbAnswer } from './cli/service-call.ts';
import type { Config } from './config.ts';
import { ConfigError } from './config/setting-reader.ts';
import { SETTINGS } from './settings.ts';
import type { SettingName } from './settings.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** Whatever has not ended by then is cut off, so that a stop never takes longer than 10 s. */
const STOP_WITHIN = 9_000;
/** Between two looks of `--watch`. */
const WATCH_EVERY = 5_000;

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function complain(text: string): void {
  process.stderr.write(`${text}\n`);
}

// Each verb loads what it needs when it runs, so that `check` and `--help` answer at once.
const program = new Command('burnwatch')
  .description('SLO and error-budget alerting for workflows')
  .version(version)
  .showHelpAfterError()
  .exitOverride();

withSettings(program.command('serve'))
  .description('run the service')
  .action(async (flags: Flags) => {
    const config = configFrom(flags);
    const log = logger(config);
    for (const warning of config.warnings) log.warn({}, warning);
    logConsole(log);
    const { startApp } = await import('./app.ts');
    const { banner } = await import('./cli/banner.ts');
    const starting = startApp(config, log, version);
    // Before it has started: that may take as long as the store does not answer.
    stopOnSignals({
      async stop() {
        await (await starting.catch(() => null))?.stop();
      },
    });
    const app = await starting;
    void app.failed.then(async (error) => {
      complain(`burnwatch: ${error.message}`);
      await app.stop();
      process.exit(1);
    });
    print(banner(app, config));
  });

withSettings(program.command('demo'))
  .description('run the service on made-up history and live traffic with an incident; needs nothing else')
  .action(async (flags: Flags) => {
    const config = configFrom(flags);
    const logLevel = process.env['LOG_LEVEL'] ? config.logLevel : 'warn';
    const { startDemo } = await import('./demo/demo.ts');
    const stopping = new AbortController();
    const demo = startDemo(config, logger({ logLevel }), version, print, stopping.signal);
    // Before it has started, because by then there is a folder to remove.
    stopOnSignals({
      async stop() {
        stopping.abort();
        await (await demo)?.stop();
      },
    });
    await demo;
  });

program
  .command('check')
  .description('validate SLO files: every problem, and when each SLO would page')
  .argument('[paths...]', 'files or folders (default: BURNWATCH_SLOS or ./slos)')
  .option('--format <format>', 'text or json', 'text')
  .action(async (paths: string[], { format }: { format: string }) => {
    if (format !== 'text' && format !== 'json')
      program.error(`--format is ${format}; expected text or json.`);
    const { checkReport } = await import('./slo-files/check/check-report.ts');
    const { loadDefinitions } = await import('./slo-files/load.ts');
    const { forbiddenTarget } = await import('./notify/target-kinds.ts');
    const rules = readOutboundRules(process.env);
    const { checkCalendarFiles } = await import('./check-calendar-files.ts');
    const now = Date.now();
    const loaded = await loadDefinitions(sloPlaces(paths), readReferences(process.env), (target) =>
      forbiddenTarget(target, rules),
    );
    const { text, json, ok } = checkReport(await checkCalendarFiles(loaded, now), now);
    print(format === 'json' ? JSON.stringify(json, null, 2) : text);
    if (!ok) process.exitCode = 1;
  });

withQuestions(program.command('init'))
  .description('write a first SLO file into a folder of its own, and say what it pages on')
  .action(async (folder: string, flags: InitFlags) => {
    const { initSlos } = await import('./cli/init.ts');
    const { terminalQuestions } = await import('./cli/terminal-questions.ts');
    const terminal = terminalQuestions(process.stdin, process.stdout);
    answer(await initSlos(folder, flags, terminal?.ask ?? null, readReferences(process.env)));
    terminal?.close();
  });

program
  .command('schema')
  .description('print the JSON Schema of the SLO file, for editors, or of what a webhook is sent')
  .option('--dialect <dialect>', 'burnwatch, openslo or webhook', 'burnwatch')
  .action(async ({ dialect }: { dialect: string }) => {
    const { nativeJsonSchema, openSloJsonSchema } = await import('./slo-files/schema.ts');
    const { WEBHOOK_JSON_SCHEMA } = await import('./notify/webhook/webhook-schema.ts');
    const schemas = new Map<string, object>([
      ['burnwatch', nativeJsonSchema()],
      ['openslo', openSloJsonSchema()],
      ['webhook', WEBHOOK_JSON_SCHEMA],
    ]);
    const schema = schemas.get(dialect);
    if (!schema) program.error(`--dialect is ${dialect}; expected burnwatch, openslo or webhook.`);
    print(JSON.stringify(schema, null, 2));
  });

program
  .command('export')
  .description('export SLO files as OpenSLO v1; what OpenSLO cannot express is listed on stderr')
  .argument('[paths...]', 'files or folders (default: BURNWATCH_SLOS or ./slos)')
  .option('--format <format>', 'openslo', 'openslo')
  .action(async (paths: string[], { format }: { format: string }) => {
    if (format !== 'openslo') program.error(`--format is ${format}; expected openslo.`);
    const { exportOpenSlo } = await import('./slo-files/openslo/export.ts');
    const { loadDefinitions } = await import('./slo-files/load.ts');
    const { formatProblem } = await import('./slo-files/yaml/problem.ts');
    const { definitions, problems, traffic } = await loadDefinitions(
      sloPlaces(paths),
      readReferences(process.env),
    );
    if (!definitions) {
      complain(problems.map(formatProblem).join('\n\n'));
      process.exitCode = 1;
      return;
    }
    const { yaml, warnings } = exportOpenSlo(definitions, traffic);
    for (const warning of warnings) complain(`warning: ${warning}`);
    process.stdout.write(yaml);
  });

program
  .command('exec')
  .description('run a command and report to Burnwatch when it started and how it ended')
  .argument('[workflow]', 'as in the SLO file')
  .argument('[execution]', 'the id of this execution (default: made from the workflow, the time and chance)')
  .argument('[command...]', 'after --: the command, which keeps its input, output and exit code')
  .usage('[options] <workflow> [execution] -- <command...>')
  .option('--step <step>', 'it is a step of the execution')
  .option('--attempt <number>', 'it is that try of the execution or step')
  .option('--timeout <duration>', 'end it after so long, such as 2h, with TERM and ten seconds later KILL')
  .option('--verbose', 'say on standard error what could not be reported')
  .addHelpText('after', execSettings)
  .action(async (...given: unknown[]) => {
    const command: Command = given.at(-1) as Command;
    const dashes = process.argv.indexOf('--');
    const { WRONG_USAGE, readExecRequest } = await import('./exec/command-line.ts');
    const request = readExecRequest({
      ...(given.at(-2) as object),
      operands: command.args,
      commandLength: dashes === -1 ? null : process.argv.length - dashes - 1,
    });
    if (typeof request === 'string') command.error(`burnwatch exec: ${request}`, { exitCode: WRONG_USAGE });
    const { runReported } = await import('./exec/exec.ts');
    // What Node has to say is none of the command's output.
    process.removeAllListeners('warning');
    process.exit(await runReported(request, process.env));
  });

withSettings(
  program
    .command('notify')
    .description('try a target')
    .command('test')
    .argument('<target>', 'a target of the SLO files'),
)
  .description('send a marked test notification and report what happened')
  .action(async (target: string, flags: Flags) => {
    const { notifyTest } = await import('./cli/notify-test.ts');
    answer(await notifyTest(target, configFrom(flags), { now: () => Date.now() }, print));
  });

const storeCommand = program.command('store').description('look after the embedded store');

withSettings(storeCommand.command('verify'))
  .description('read all of the embedded store, which may be in use; exit 1 when it is damaged')
  .action(async (flags: Flags) => {
    const { storeVerify } = await import('./cli/store-verbs.ts');
    answer(await storeVerify(configFrom(flags)));
  });

withSettings(storeCommand.command('backup').argument('<folder>', 'where the copy goes; made, or empty'))
  .description('copy the embedded store, which may be in use, as it is at one moment')
  .action(async (folder: string, flags: Flags) => {
    const { storeBackup } = await import('./cli/store-verbs.ts');
    answer(await storeBackup(configFrom(flags), folder));
  });

addDeadLetterCommands(program, answer);
addOutboxCommands(program, answer);
addAnnotateCommand(program, answer);

interface BudgetOptions {
  readonly owner?: string;
  readonly label?: readonly string[];
  readonly watch?: true;
  readonly format: string;
}

withFormat(program.command('budget'))
  .description('show what is left of every error budget, worst first')
  .option('--owner <owner>', 'only those of this team')
  .option('--label <name=glob...>', 'only those with all of these labels')
  .option('--watch', 'show it again every five seconds')
  .action(async ({ owner, label, watch, format: form }: BudgetOptions) => {
    const { budgetTable } = await import('./cli/budget.ts');
    await shown(form, watch === true, (view) => budgetTable({ owner, label, ...view }, process.env));
  });

withFormat(program.command('incidents'))
  .description('show incidents: the open ones, or those of the past')
  .option('--state <state>', 'open, resolved, lost or all; open if absent')
  .option('--owner <owner>', 'only those of this team')
  .option('--workflow <workflow>', 'only those of this workflow')
  .option('--after <id>', 'go on after this place, as the list before gave it')
  .action(async ({ format: form, ...choice }: IncidentOptions & { format: string }) => {
    const { incidentTable } = await import('./cli/incidents.ts');
    await shown(form, false, (view) => incidentTable(choice, view, process.env));
  });

addAcknowledgeCommand(program, answer);

addSilenceCommands(program, answer, shown);
addOnCallCommand(program, shown);
addReportCommand(program, shown);

withFormat(program.command('gate'))
  .description('say whether a change may go out: exit 0 allowed, 1 denied, 2 cannot be told')
  .option('--workflow <workflow>', 'by the SLOs of this workflow')
  .option('--owner <owner>', 'by the SLOs of this team')
  .option(
    '--override <reason>',
    'let changes of the workflow or team go out for a time, whatever its SLOs say',
  )
  .option('--for <duration>', 'how long an override holds; 1h if absent, 1d at most')
  .option('--by <name>', 'who overrides; who is logged in, if absent')
  .option('--end-override <id>', 'end an override before its time')
  .addOption(
    new Option('--on-unknown <decision>', 'what becomes of what cannot be told').choices(['allow', 'deny']),
  )
  .action(async ({ format: form, ...choice }: GateOptions & { format: string }) => {
    if (form !== 'text' && form !== 'json') program.error(`--format is ${form}; expected text or json.`);
    const { gate } = await import('./cli/gate.ts');
    const { code, text } = await gate(choice, form === 'json' ? 'json' : 'text', process.env);
    print(text);
    process.exitCode = code;
  });

program
  .command('completion')
  .argument('<shell>', 'bash, zsh or fish')
  .description('print the script by which a shell completes verbs and options')
  .action(async (shell: string) => {
    const { SHELLS, completionScript } = await import('./cli/completion.ts');
    const known = SHELLS.find((name) => name === shell);
    if (known) print(completionScript(nodeOf(program), known));
    else program.error(`There is no completion for ${shell}; expected ${SHELLS.join(', ')}.`);
  });

/** What is shown on a terminal, or elsewhere, once or again and again until it is interrupted. */
async function shown(
  form: string,
  again: boolean,
  view: (how: { format: string; colored: boolean; now: number }) => Promise<VerbAnswer>,
): Promise<void> {
  if (form !== 'text' && form !== 'json') program.error(`--format is ${form}; expected text or json.`);
  const { showsColor } = await import('./cli/terminal-table.ts');
  const colored = showsColor(process.stdout, process.env);
  for (;;) {
    const found = await view({ format: form, colored, now: Date.now() });
    // Where it can, the next one takes the place of the one before.
    if (again && process.stdout.isTTY) process.stdout.write('\u001b[H\u001b[2J');
    if (!again) return answer(found);
    (found.ok ? print : complain)(found.text);
    await wait(WATCH_EVERY);
  }
}

function answer({ ok, text }: VerbAnswer): void {
  (ok ? print : complain)(text);
  if (!ok) process.exitCode = 1;
}

function sloPlaces(paths: readonly string[]): readonly string[] {
  return paths.length > 0 ? paths : [process.env['BURNWATCH_SLOS'] || './slos'];
}

type Flags = Readonly<Record<string, string>>;

function configFrom(flags: Flags): Config {
  const byName: Partial<Record<SettingName, string>> = {};
  for (const { name } of SETTINGS) {
    const option = name.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
    const value = flags[option];
    if (value !== undefined) byName[name] = value;
  }
  return readConfig(process.env, byName);
}

function logger({ logLevel }: Pick<Config, 'logLevel'>): Logger {
  return pino(
    { level: logLevel, base: { service: 'burnwatch' }, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ fd: 2, sync: true }),
  );
}

/** Has libraries that print to the console print to the log, so that every line of it can be parsed. */
function logConsole(log: Logger): void {
  const toLog = (text: unknown, ...more: unknown[]): void =>
    log.warn({ by: 'a library' }, format(text, ...more));
  for (const method of ['debug', 'error', 'info', 'log', 'warn'] as const) console[method] = toLog;
  process.removeAllListeners('warning');
  process.on('warning', (warning) => log.warn({ by: 'Node.js', name: warning.name }, warning.message));
}

function stopOnSignals(app: Pick<App, 'stop'>): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      setTimeout(() => {
        complain('burnwatch: could not stop in time; what was not finished is done at the next start');
        process.exit(1);
      }, STOP_WITHIN).unref();
      app.stop().then(
        () => process.exit(0),
        (error: unknown) => {
          complain(`burnwatch: ${String(error)}`);
          process.exit(1);
        },
      );
    });
  }
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // A wrong use has a code of its own where 1 says something: the command's code, or that a change may not go out.
    const wrongUse: Readonly<Record<string, number>> = { exec: 125, gate: 2 };
    process.exitCode = error.exitCode === 1 ? (wrongUse[process.argv[2]!] ?? 1) : error.exitCode;
  } else if (error instanceof ConfigError) {
    complain(
      `burnwatch: the configuration has ${error.problems.length === 1 ? 'a problem' : `${error.problems.length} problems`}:`,
    );
    for (const problem of error.problems) complain(`  - ${problem}`);
    process.exit(2);
  } else {
    complain(`burnwatch: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  }
}
