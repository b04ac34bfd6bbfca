/** One element of a document that was read: texts are its own, in order, without those of its children. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
const NOT_XML = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;
const TAG =
  /<(?<close>\/)?(?<name>[a-zA-Z][\w-]*)(?<attributes>(?: [a-zA-Z][\w:-]*="[^"<>]*")*)(?<empty>\/)?>|(?<text>[^<>]+)/y;

/** Reads XML strictly, of the kind that charts are: elements, quoted attributes, text. Throws at what is not well-formed. */
export function readXml(document: string): XmlElement {
  if (NOT_XML.test(document)) throw new Error(`A character that XML does not allow: ${document}`);
  interface Open {
    name: string;
    attributes: Map<string, string>;
    children: XmlElement[];
    text: string;
  }
  const top: Open = { name: '', attributes: new Map(), children: [], text: '' };
  const open = [top];
  TAG.lastIndex = 0;
  while (TAG.lastIndex < document.length) {
    const at = TAG.lastIndex;
    const groups = TAG.exec(document)?.groups;
    if (!groups) throw new Error(`Not well-formed at ${document.slice(at, at + 80)}`);
    const parent = open.at(-1)!;
    if (groups['text'] !== undefined) {
      parent.text += decoded(groups['text']);
    } else if (groups['close']) {
      if (open.length === 1 || parent.name !== groups['name'])
        throw new Error(`</${groups['name']}> closes nothing`);
      open.pop();
    } else {
      const attributes = new Map<string, string>();
      for (const [, key = '', value = ''] of groups['attributes']!.matchAll(/ ([\w:-]+)="([^"]*)"/g)) {
        if (attributes.has(key)) throw new Error(`${key} stands twice in <${groups['name']}>`);
        attributes.set(key, decoded(value));
      }
      const element: Open = { name: groups['name']!, attributes, children: [], text: '' };
      parent.children.push(element);
      if (!groups['empty']) open.push(element);
    }
  }
  if (open.length > 1) throw new Error(`<${open.at(-1)!.name}> is not closed`);
  if (top.children.length !== 1 || top.text !== '') throw new Error('Not one element');
  return top.children[0]!;
}

function decoded(text: string): string {
  return text.replace(/&(?:([a-z]+|#\d+);)?/g, (_, name: string | undefined) => {
    const character = name === undefined ? undefined : ENTITIES[name];
    if (character === undefined) throw new Error(`&${name ?? ''} is no entity`);
    return character;
  });
}

/** Every element of a document, itself included. */
export function allElements(element: XmlElement): readonly XmlElement[] {
  return [element, ...element.children.flatMap(allElements)];
}

const NUMERIC = /^(x|y|x1|x2|y1|y2|cx|cy|r|rx|ry|width|height|d|viewBox|stroke-width|font-size)$/;

/**
 * Reads a chart, and throws when it could not be shown anywhere: numbers, ids, what a page's policy forbids. A drawing for pages only
 * may have links, to places of the same service.
 */
export function readChart(svg: string, { links = false } = {}): XmlElement {
  const root = readXml(svg);
  const ids = new Set<string>();
  for (const { name, attributes } of allElements(root)) {
    const isLink = links && name === 'a';
    if (/^(script|style|foreignObject|a|image)$/.test(name) && !isLink)
      throw new Error(`<${name}> in a chart`);
    for (const [key, value] of attributes) {
      if (isLink && key === 'href' && /^[/#]/.test(value)) continue;
      if (key === 'style' || /^on|href$/.test(key)) throw new Error(`${key} in a chart`);
      if (NUMERIC.test(key) && !/^[\dMLHVhvlzZAa .,-]+$/.test(value)) throw new Error(`${key}="${value}"`);
      if (key === 'id' && ids.has(value)) throw new Error(`id ${value} stands twice`);
      if (key === 'id') ids.add(value);
    }
  }
  for (const { attributes } of allElements(root)) {
    for (const value of attributes.values()) {
      const reference = /^url\(#(.*)\)$/.exec(value)?.[1];
      if (reference !== undefined && !ids.has(reference)) throw new Error(`${value} refers to nothing`);
    }
  }
  return root;
}
