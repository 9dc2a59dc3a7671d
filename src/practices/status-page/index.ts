/** The status page as work that goes on: gathered on each change and every minute, written, and told to subscribers. */
import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { PublicPage, StatusPageSettings } from '../../core/status-page.ts';
import { sha256 } from '../../id.ts';
import type { Estate } from '../../pipeline/bound.ts';
import type { Desk } from '../../pipeline/desk.ts';
import type { Picture } from '../../pipeline/picture.ts';
import * as meta from '../../store/meta.ts';
import type { SampleStore } from '../../store/samples/index.ts';
import { announce } from './announce.ts';
import { type Branding, composeFiles, type Files, frameOf } from './files.ts';
import { gatherPage } from './gather.ts';
import type { Frame } from './layout.ts';
import { createDayMeasurer } from './measure-days.ts';
import { askToConfirm, confirm, readAddress, unsubscribe } from './subscribers.ts';
import { writeFiles } from './write-files.ts';

const everyMs = 60_000;
/** Changes come in bursts: an incident with its alerts, its messages, its jobs. */
const gatherForMs = 1_000;
/** In a storm something changes all the time, and there is more urgent work then. */
const restMs = 5_000;

export interface Rendered {
  readonly page: PublicPage;
  readonly frame: Frame;
  readonly files: Files;
  readonly settings: StatusPageSettings;
  /** Why the logo or the style of one's own was left out; null where it was not. */
  readonly missing: string | null;
}

export interface StatusPage {
  /** What was written last; null before, and where no page is configured. */
  current(): Rendered | null;
  /** Why the last attempt to write failed; null where it did not. */
  problem(): string | null;
  /** Gathers and writes now; null where no page is configured. @throws Error where the folder cannot be written */
  render(): Promise<Rendered | null>;
  /** Gathers without writing; null where no page is configured. */
  look(): Promise<Rendered | null>;
  /** Whether this is the secret of the page's address. */
  mayOpen(secret: string): Promise<boolean>;
  /** A new secret address; the one before opens nothing any more. */
  newAddress(): Promise<string>;
  /** False where it is no mail address; what else becomes of it is not told. */
  subscribe(address: string): boolean;
  /** By the secret of a mail; false where it is not good any more. */
  confirm(secret: string): Promise<boolean>;
  unsubscribe(token: string): Promise<boolean>;
  start(): void;
  stop(): Promise<void>;
}

const addressKey = 'status_page_address';

export function createStatusPage(
  desk: Desk,
  sources: {
    readonly samples: Pick<SampleStore, 'covered' | 'aggregate'>;
    readonly picture: () => Pick<Picture, 'target'>;
    readonly estate: () => Estate;
    readonly newSecret: () => string;
  },
): StatusPage {
  const { clock, log } = desk;
  const measurer = createDayMeasurer(sources.samples);
  let current: Rendered | null = null;
  let problem: string | null = null;
  let running: Promise<unknown> = Promise.resolve();
  let cancel: (() => void) | null = null;
  let ignoreChanges: (() => void) | null = null;
  let isStopped = true;
  let isDue = false;
  let renderedAt = Number.NEGATIVE_INFINITY;

  async function look(): Promise<Rendered | null> {
    const { statusPage: settings, maintenance, incidents } = desk.configuration();
    if (!settings) return null;
    const page = await gatherPage({
      reopenWithinMs: incidents.reopenWithinMs,
      ...{ clock, store: desk.store, digest: sha256, measurer, settings, maintenance },
      picture: sources.picture(),
      estate: sources.estate(),
    });
    const branding = brandingOf(settings);
    const frame = frameOf(settings, branding, formOf(desk, settings));
    const files = await composeFiles(page, frame, urlOf(desk, settings), () => clock.sleep(1));
    return { page, frame: frame.frame, files, settings, missing: branding.missing };
  }

  async function renderNow(): Promise<Rendered | null> {
    const next = await look();
    const before = current;
    // What Upkeep itself gives out is new even where the folder cannot be written.
    current = next;
    if (!next) return null;
    const isSameFolder = before?.settings.folder === next.settings.folder;
    writeFiles(next.settings.folder, next.files, isSameFolder ? (before?.files ?? null) : null);
    return next;
  }

  /** One at a time. */
  function render(): Promise<Rendered | null> {
    const next = running.then(renderAndNote, renderAndNote);
    running = next.catch(() => {});
    return next;
  }

  async function renderAndNote(): Promise<Rendered | null> {
    try {
      const rendered = await renderNow();
      note(rendered?.missing ?? null);
      return rendered;
    } catch (error) {
      note(error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  /** Logged when it changes, not every minute. */
  function note(next: string | null) {
    if (next === problem) return;
    if (next === null) log.info('the status page is written as it should be again', {});
    else log.error('the status page could not be written as it should be', { error: next });
    problem = next;
  }

  async function turn() {
    isDue = false;
    renderedAt = clock.now();
    try {
      await render();
    } catch {
      // Noted; subscribers are told all the same.
    }
    try {
      if (current) await announce(desk, current.page, current.settings);
    } catch (error) {
      log.error('subscribers of the status page could not be told', { error: String(error) });
    }
    if (isStopped) return;
    schedule(isDue ? restMs : everyMs);
  }

  function schedule(afterMs: number) {
    cancel?.();
    cancel = clock.after(afterMs, () => {
      running = turn();
    });
  }

  return {
    current: () => current,
    problem: () => problem,
    render,
    look,
    async mayOpen(secret) {
      const hash = await meta.read(desk.store.db, addressKey);
      return hash !== undefined && hash === desk.digest(secret);
    },
    async newAddress() {
      const secret = sources.newSecret();
      await desk.store.transaction((tx) => meta.write(tx, addressKey, desk.digest(secret)));
      return [desk.baseUrl(), 'status', secret, ''].join('/');
    },
    subscribe(text) {
      const address = readAddress(text);
      const { statusPage } = desk.configuration();
      if (address === undefined || !statusPage) return false;
      askToConfirm(desk, statusPage, address, sources.newSecret).catch((error: unknown) =>
        log.error('a subscription could not be noted', { error: String(error) }),
      );
      return true;
    },
    confirm: (secret) => confirm(desk, secret),
    unsubscribe: (token) => unsubscribe(desk, token),
    start() {
      isStopped = false;
      ignoreChanges = desk.onChange(() => {
        if (isDue) return;
        isDue = true;
        schedule(Math.max(gatherForMs, renderedAt + restMs - clock.now()));
      });
      schedule(0);
    },
    async stop() {
      isStopped = true;
      ignoreChanges?.();
      cancel?.();
      await running.catch(() => {});
    },
  };
}

/** Where people read it: the address given, else what Upkeep itself serves. */
export function urlOf(desk: Pick<Desk, 'baseUrl'>, settings: StatusPageSettings): string {
  return settings.url ?? [desk.baseUrl(), 'status'].join('/');
}

/** Whole where the files are given out elsewhere; under a secret address the form is reached from there alone. */
function formOf(desk: Desk, { access, subscriptions, url }: StatusPageSettings): string | null {
  if (subscriptions === null || access === 'off') return null;
  const { publicUrl } = desk.configuration();
  const isElsewhere = access === 'public' && publicUrl !== null && url !== null;
  return isElsewhere ? [publicUrl, 'status', 'subscribe'].join('/') : 'subscribe';
}

/** A logo or style that cannot be read is left out: the page matters more than its looks. */
function brandingOf({ branding: { logo, css } }: StatusPageSettings): Branding & { missing: string | null } {
  const missing: string[] = [];
  const read = (path: string): Buffer | null => {
    try {
      return readFileSync(path);
    } catch (error) {
      missing.push(error instanceof Error ? error.message : String(error));
      return null;
    }
  };
  const picture = logo === null ? null : read(logo);
  return {
    logo: logo === null || picture === null ? null : { ending: endingOf(logo), content: picture },
    css: css === null ? null : read(css),
    missing: missing[0] ?? null,
  };
}

function endingOf(path: string): string {
  return extname(path).slice(1).toLowerCase();
}
