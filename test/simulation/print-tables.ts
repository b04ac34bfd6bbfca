import { measureAll } from './cell-measures.ts';
import { judgementTables, markdown } from './judgement-tables.ts';

for (const [name, rows] of Object.entries(judgementTables(measureAll())))
  console.log(`${name}\n\n${markdown(rows)}\n`);
