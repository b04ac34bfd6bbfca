import { measureAll } from './cell-measures.ts';
import { judgementTables, markdown } from './judgement-tables.ts';
import { PRODUCER_OBJECTIVES, measureProducers } from './producer-measures.ts';
import { missesOf, producerTable } from './producer-tables.ts';

const MONTHS = 6;
const RUNS = 3;

for (const [name, rows] of Object.entries(judgementTables(measureAll())))
  console.log(`${name}\n\n${markdown(rows)}\n`);
const cells = measureProducers(PRODUCER_OBJECTIVES, MONTHS, RUNS);
console.log(`producers\n\n${markdown(producerTable(cells))}\n\ncells that miss\n`);
for (const { cell, what } of missesOf(cells)) console.log(`- ${cell}: ${what}`);
