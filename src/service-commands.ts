import type { Command } from 'commander';
import type { AnnotateOptions } from './cli/annotate.ts';
import type { LetterOptions } from './cli/dead-letters.ts';
import type { AcknowledgeOptions } from './cli/incidents.ts';
import type { OutboxOptions } from './cli/outbox.ts';
import type { ReportOptions } from './cli/report.ts';
import type { SilenceListOptions, SilenceOptions } from './cli/silences.ts';
import type { VerbAnswer } from './cli/service-call.ts';
import { withFormat, withService } from './command-options.ts';

/** Prints what a verb found, and sets the exit code. */
type Answer = (found: VerbAnswer) => void;

/** Shows what a verb finds, once or again and again. */
type Shown = (
  form: string,
  again: boolean,
  view: (how: { format: string; colored: boolean; now: number }) => Promise<VerbAnswer>,
) => Promise<void>;

/** Adds `dead-letters list|replay|drop`. */
export function addDeadLetterCommands(program: Command, answer: Answer): void {
  const lettersCommand = program
    .command('dead-letters')
    .description('look after what a running Burnwatch read from streams and could not count');

  withChoice(lettersCommand.command('list'))
    .description('list them, oldest first, and why each could not be counted')
    .option('--format <format>', 'text or json', 'text')
    .action(async ({ format, ...choice }: LetterOptions & { format: string }) => {
      if (format !== 'text' && format !== 'json')
        program.error(`--format is ${format}; expected text or json.`);
      const { listDeadLetters } = await import('./cli/dead-letters.ts');
      answer(await listDeadLetters(choice, format, process.env));
    });

  withChoice(lettersCommand.command('replay').argument('<id>', 'of one of them, or all'))
    .description('have them counted now; exit 1 when some are left')
    .action(async (id: string, choice: LetterOptions) => {
      const { replayDeadLetters } = await import('./cli/dead-letters.ts');
      answer(await replayDeadLetters(id, choice, process.env));
    });

  withChoice(lettersCommand.command('drop').argument('<id>', 'of one of them, or all'))
    .description('remove them for good')
    .action(async (id: string, choice: LetterOptions) => {
      const { dropDeadLetters } = await import('./cli/dead-letters.ts');
      answer(await dropDeadLetters(id, choice, process.env));
    });
}

/** Adds `ack`. */
export function addAcknowledgeCommand(program: Command, answer: Answer): void {
  withService(program.command('ack').argument('<incident>', 'its id, see `burnwatch incidents`'))
    .description('say that you look after an incident: reminders and escalation stop')
    .option('--by <name>', 'who looks after it; who is logged in, if absent')
    .option('--note <text>', 'what others should know')
    .option('--conversation', 'and the other incidents of its conversation that are open now')
    .action(async (incident: string, options: AcknowledgeOptions) => {
      const { acknowledgeIncident } = await import('./cli/incidents.ts');
      answer(await acknowledgeIncident(incident, options, process.env));
    });
}

/** Adds `oncall`. */
export function addOnCallCommand(program: Command, shown: Shown): void {
  withFormat(program.command('oncall'))
    .description('show who is on call now and next, by schedule')
    .action(async ({ format }: { format: string }) => {
      const { onCallTable } = await import('./cli/on-call.ts');
      await shown(format, false, (view) => onCallTable(view, process.env));
    });
}

/** Adds `report`. */
export function addReportCommand(program: Command, shown: Shown): void {
  withFormat(program.command('report'))
    .description('show what became of all promises in a week or month')
    .option('--period <period>', 'week (from Monday) or month; week if absent')
    .option('--at <time>', 'a time of the period; the last one that is over if absent')
    .option('--owner <owner>', 'only of this team, in its time zone')
    .action(async ({ format, ...choice }: ReportOptions & { format: string }) => {
      const { reportTables } = await import('./cli/report.ts');
      await shown(format, false, (view) => reportTables(choice, view, process.env));
    });
}

/** Adds `annotate`. */
export function addAnnotateCommand(program: Command, answer: Answer): void {
  withFormat(
    program.command('annotate').argument('<text>', 'what happened, such as the commit that was deployed'),
  )
    .description('note a deploy or another event, to be seen on charts and in incidents')
    .option('--kind <kind>', 'what it is, such as deploy; event if absent')
    .option('--at <time>', 'when it happened, or began; now if absent')
    .option('--to <time>', 'when it ended, of what has a length')
    .option('--workflow <workflow>', 'the workflow it is about')
    .option('--slo <slo>', 'or the SLO')
    .option('--owner <owner>', 'or the team; without any of the three it is about everything')
    .option('--link <url>', 'the address of more about it')
    .option('--id <id>', 'its id, so that the same again changes nothing')
    .action(async (text: string, { format: form, ...choice }: AnnotateOptions & { format: string }) => {
      if (form !== 'text' && form !== 'json') program.error(`--format is ${form}; expected text or json.`);
      const { annotate } = await import('./cli/annotate.ts');
      answer(await annotate(text, choice, form, process.env));
    });
}

/** Adds `outbox list|retry|drop`. */
export function addOutboxCommands(program: Command, answer: Answer): void {
  const outboxCommand = program
    .command('outbox')
    .description('look after the notifications that a running Burnwatch could not deliver');

  withFormat(outboxCommand.command('list'))
    .description('list them, oldest first, and why')
    .option('--state <state>', 'undeliverable or pending; undeliverable if absent')
    .option('--after <place>', 'go on after this place, as the list before gave it')
    .action(async ({ format: form, ...choice }: OutboxOptions & { format: string }) => {
      if (form !== 'text' && form !== 'json') program.error(`--format is ${form}; expected text or json.`);
      const { listOutbox } = await import('./cli/outbox.ts');
      answer(await listOutbox(choice, form, process.env));
    });

  withService(outboxCommand.command('retry').argument('<id>', 'of one of them, or all'))
    .description('have them sent again; exit 1 when some are left')
    .action(async (id: string) => {
      const { retryOutbox } = await import('./cli/outbox.ts');
      answer(await retryOutbox(id, process.env));
    });

  withService(outboxCommand.command('drop').argument('<id>', 'of one of them, or all'))
    .description('remove them for good')
    .action(async (id: string) => {
      const { dropOutbox } = await import('./cli/outbox.ts');
      answer(await dropOutbox(id, process.env));
    });
}

function withChoice(command: Command): Command {
  return withService(command)
    .option('--source <source>', 'only those of this source, such as stream:outcomes')
    .option('--after <id>', 'only those after this one');
}

/** Adds `silences list|add|end`. */
export function addSilenceCommands(program: Command, answer: Answer, shown: Shown): void {
  const silencesCommand = program
    .command('silences')
    .description('show, make and end silences: notifications that are not sent for a time');

  withFormat(silencesCommand.command('list', { isDefault: true }))
    .description('show silences: those that hold, those to come, those that ended')
    .option('--state <state>', 'active, coming, ended or all; all if absent')
    .option('--after <id>', 'go on after this place, as the list before gave it')
    .action(async ({ format: form, ...choice }: SilenceListOptions & { format: string }) => {
      const { silenceTable } = await import('./cli/silences.ts');
      await shown(form, false, (view) => silenceTable(choice, view, process.env));
    });

  withService(silencesCommand.command('add'))
    .description('silence what fits all that is given; values are globs, in which * is any text')
    .requiredOption('--reason <text>', 'why')
    .option('--by <name>', 'who does this; the name of the token if absent')
    .option('--workflow <glob>', 'SLOs of these workflows')
    .option('--slo <glob>', 'SLOs of these ids')
    .option('--owner <glob>', 'SLOs of these teams')
    .option('--severity <severity>', 'page or ticket')
    .option('--label <name=glob...>', 'SLOs with all of these labels')
    .option('--incident <id>', 'one open incident')
    .option('--from <time>', 'when it begins; now if absent')
    .option('--until <time>', 'when it ends; of one that recurs, when it may start last')
    .option('--for <duration>', 'how long it lasts, such as 4h')
    .option('--until-resolved', 'until the incident resolves')
    .option(
      '--rrule <rule>',
      'the RFC 5545 rule of one that recurs; with --duration, --until and --time-zone',
    )
    .option('--duration <duration>', 'the length of each occurrence')
    .option('--time-zone <zone>', 'whose clocks it follows; UTC if absent')
    .option('--preview', 'only say what it would mute now')
    .action(async (options: SilenceOptions) => {
      const { addSilence } = await import('./cli/silences.ts');
      answer(await addSilence(options, process.env));
    });

  withService(silencesCommand.command('end'))
    .argument('<id>', 'of the silence')
    .description('end one; what still burns is notified then')
    .action(async (id: string) => {
      const { endSilence } = await import('./cli/silences.ts');
      answer(await endSilence(id, process.env));
    });
}
