/** A report before it is Markdown or HTML. Texts are plain and escaping is the renderers' care, but for what people typed. */

export type Tone = 'ok' | 'warning' | 'critical' | 'unknown' | 'quiet';

/** Small pictures in a cell; `null` is unknown. The caption says in words what they show. */
export type Drawing =
  /** One box for each hour, 0 to 1. */
  | { readonly kind: 'strip'; readonly shares: readonly (number | null)[]; readonly caption: string }
  | {
      readonly kind: 'line';
      readonly values: readonly (number | null)[];
      readonly limit: number | null;
      readonly caption: string;
    }
  /** A filled share of 0 to 1. */
  | { readonly kind: 'bar'; readonly share: number; readonly caption: string };

/** Set where a person typed the text: Markdown keeps it as it is, HTML and PDF show its Markdown and none of its HTML. */
interface Typed {
  readonly isMarkdown?: true;
}

export interface Cell extends Typed {
  readonly text: string;
  readonly tone?: Tone;
  /** A second, quieter line. */
  readonly note?: string;
  readonly drawing?: Drawing;
}

export interface Column {
  readonly title: string;
  readonly isNumber?: true;
  /** Moments and single words, which are never broken. */
  readonly isShort?: true;
  /** Holds only a drawing; left out of Markdown. */
  readonly isDrawn?: true;
}

export interface Item extends Typed {
  /** What it is about: a target, a time. */
  readonly term: string;
  readonly text: string;
  /** Ready to copy. */
  readonly code?: string;
  /** What the code is; `Remedy` where left out. */
  readonly codeLabel?: string;
}

export type Block =
  | {
      readonly kind: 'table';
      readonly columns: readonly Column[];
      readonly rows: readonly (readonly Cell[])[];
    }
  | { readonly kind: 'items'; readonly items: readonly Item[] }
  | { readonly kind: 'points'; readonly points: readonly string[] }
  | { readonly kind: 'text'; readonly text: string }
  /** What a person typed. */
  | { readonly kind: 'markdown'; readonly text: string };

export interface Section {
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** A number people look at first. */
export interface Figure {
  readonly label: string;
  readonly value: string;
  readonly note: string;
  readonly tone: Tone;
}

export interface ReportDocument {
  readonly title: string;
  /** The span it covers, with its time zone. */
  readonly span: string;
  readonly tone: Tone;
  /** The state of things in a sentence. */
  readonly headline: string;
  /** What happened, in a sentence or two. */
  readonly lead: string;
  readonly figures: readonly Figure[];
  readonly sections: readonly Section[];
  readonly footer: string;
}
