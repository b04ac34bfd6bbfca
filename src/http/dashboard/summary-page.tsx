import { badgeFactsOf, badgeWords } from '../../charts/badge.ts';
import { budgetChart } from '../../charts/slo-charts.ts';
import type { ChartData } from '../../core/ports/chart-data.ts';
import type { SloReport } from '../../core/ports/queries.ts';
import { formatCount, formatPercent, formatShare } from '../../core/words/figures.ts';
import { Raw, h } from './markup.ts';

/** What stands in the iframe of another page. */
export interface SummaryPage {
  readonly slo: SloReport;
  readonly data: ChartData;
  /** Null: that of the system. */
  readonly theme: 'light' | 'dark' | null;
  readonly timeZone: string;
  /** In front of every link to ourselves. */
  readonly base: string;
}

/** One SLO at a glance, without anything to click but the way to its page, which opens by itself. */
export function summaryPage({ slo, data, theme, timeZone, base }: SummaryPage): string {
  const { sli, objective } = slo;
  const { text } = badgeWords(badgeFactsOf(slo));
  const setting = {
    id: 'summary',
    width: 480,
    height: 260,
    theme: 'light' as const,
    timeZone,
    alone: false,
    explainsMarks: true,
  };
  const page = (
    <html lang="en" data-theme={theme}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content={theme ?? 'light dark'} />
        <title>{slo.id} · Burnwatch</title>
        <link rel="stylesheet" href={`${base}/dashboard.css`} />
        <link rel="stylesheet" href={`${base}/charts.css`} />
      </head>
      <body>
        <main id="main" class="summary">
          <h1>
            <a
              href={`${base}/slos/${slo.id.split('/').map(encodeURIComponent).join('/')}`}
              target="_blank"
              rel="noopener"
            >
              {slo.id}
            </a>
          </h1>
          <p>
            <b>{text}</b>
          </p>
          <p class="meta">
            {sli.ratio === null
              ? `No ${sli.unit} in ${slo.window}`
              : `${formatShare(sli.ratio)} of ${formatCount(sli.total)} ${sli.unit} were good in ${slo.window}`}
            ; the objective is {formatPercent(objective, 9)}. Owned by {slo.owner}.
          </p>
          <Raw markup={budgetChart(setting, data)} />
        </main>
      </body>
    </html>
  );
  return `<!doctype html>${page.text}`;
}
