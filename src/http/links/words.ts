/** What the pages of signed links say. */
import { stillNeeded } from '../../core/approval.ts';
import { count } from '../../core/count.ts';
import { openSince } from '../../core/incident/reopen.ts';
import { gravestOf } from '../../core/incident/storm.ts';
import type { Link, LinkPurpose } from '../../core/link.ts';
import { wallText } from '../../core/oncall/wall-time.ts';
import { severityWord } from '../../core/severity.ts';
import { formatDuration } from '../../core/time.ts';
import type { ActionView } from '../../core/view.ts';
import * as actionRows from '../../store/actions.ts';
import type { Incident } from '../../store/incidents.ts';
import * as incidentRows from '../../store/incidents.ts';
import * as stormRows from '../../store/storms.ts';
import type { VerbContext } from '../../verbs/context.ts';
import type { Page } from './page.ts';

const labels: Readonly<Record<LinkPurpose, string>> = {
  acknowledge: 'Acknowledge',
  resolve: 'Resolve',
  approve: 'Approve this plan',
  deny: 'Deny',
};

const effects: Readonly<Record<LinkPurpose, string>> = {
  acknowledge: 'You are on it. Nobody else is called, and everybody who was told hears of it.',
  resolve: 'The incident ends now, whatever still fires.',
  approve: 'Upkeep carries out exactly this plan, verifies it, and takes it back if it does harm.',
  deny: 'The plan is not carried out.',
};

/** What following the link would do; without a form where there is nothing to do any more. */
export async function questionOf(ctx: VerbContext, link: Link): Promise<Page> {
  if (link.purpose === 'approve' || link.purpose === 'deny') {
    const action = await actionRows.byId(ctx.store.db, link.id);
    if (!action) return refusalOf('unknown');
    if (action.state !== 'awaiting-approval') {
      return { ...aboutAction(ctx, action), heading: `This is ${said(action.state)} already`, form: null };
    }
    const form = {
      label: labels[link.purpose],
      purpose: link.purpose,
      asks: link.purpose === 'deny' ? 'Why not?' : null,
    };
    return {
      ...aboutAction(ctx, action),
      heading: `${labels[link.purpose]}?`,
      lead: effects[link.purpose],
      form,
    };
  }
  if (stormRows.isStormId(link.id)) return questionOfStorm(ctx, link.id);
  const incident = await incidentRows.byId(ctx.store.db, link.id);
  if (!incident) return refusalOf('unknown');
  const about = aboutIncident(ctx, incident);
  if (incident.status === 'resolved') return { ...about, heading: 'This incident is over', form: null };
  if (link.purpose === 'acknowledge' && incident.acknowledgedAt !== null) {
    return { ...about, heading: `${incident.acknowledgedBy ?? 'Somebody'} is on it already`, form: null };
  }
  const asks = link.purpose === 'resolve' ? 'What was done?' : null;
  const form = { label: labels[link.purpose], purpose: link.purpose, asks };
  return { ...about, heading: `${labels[link.purpose]} this incident?`, lead: effects[link.purpose], form };
}

/** Incidents of a storm that nobody has taken. */
export async function untakenOf(ctx: VerbContext, stormId: string): Promise<readonly Headline[]> {
  return (await headlinesOf(ctx, stormId)).filter(({ status }) => status === 'open');
}

type Headline = Awaited<ReturnType<typeof incidentRows.headlines>>[number];

async function headlinesOf(ctx: VerbContext, stormId: string): Promise<readonly Headline[]> {
  const storm = await stormRows.byId(ctx.store.db, stormId);
  return incidentRows.headlines(ctx.store.db, storm?.incidents ?? []);
}

async function questionOfStorm(ctx: VerbContext, stormId: string): Promise<Page> {
  const all = await headlinesOf(ctx, stormId);
  if (all.length === 0) return refusalOf('unknown');
  const untaken = all.filter(({ status }) => status === 'open');
  const level = gravestOf(untaken.map((one) => one.level));
  const { severities } = ctx.configuration();
  const word = (one: Headline) => severityWord(severities, one.level);
  const isAsked = untaken.length > 0;
  return {
    status: 200,
    tone: isAsked ? level : 'good',
    badge: isAsked ? severityWord(severities, level) : null,
    heading: isAsked
      ? `Acknowledge ${count(untaken.length, 'incident')}?`
      : 'None of these incidents waits for anybody',
    lead: isAsked ? 'You are on all of these. Nobody else is called for them.' : '',
    facts: (isAsked ? untaken : all).map((one) => ({
      label: word(one),
      text: one.status === 'open' ? one.title : `${one.title} · ${one.status}`,
    })),
    steps: [],
    form: isAsked ? { label: 'Acknowledge all', purpose: 'acknowledge', asks: null } : null,
    url: `${ctx.baseUrl()}/incidents`,
  };
}

const done: Readonly<Record<LinkPurpose, string>> = {
  acknowledge: 'Acknowledged',
  resolve: 'Resolved',
  approve: 'Approved',
  deny: 'Denied',
};

export async function doneOf(ctx: VerbContext, link: Link): Promise<Page> {
  const page = await questionOf(ctx, link);
  return {
    ...page,
    heading: done[link.purpose],
    lead: 'It is noted in the journal. You can close this page.',
    tone: 'good',
    form: null,
  };
}

export function refusalOf(kind: 'unknown' | 'expired' | 'used' | 'refused'): Page {
  const page = { tone: 'neutral' as const, badge: null, facts: [], steps: [], form: null, url: null };
  if (kind === 'expired')
    return { ...page, status: 410, heading: 'This link is too old', lead: 'Open Upkeep and do it there.' };
  if (kind === 'used')
    return {
      ...page,
      status: 410,
      heading: 'This link was used already',
      lead: 'It acts once. Open Upkeep to see how things are.',
    };
  if (kind === 'refused') return { ...page, status: 409, heading: 'That could not be done', lead: '' };
  return {
    ...page,
    status: 404,
    heading: 'This is no link of ours',
    lead: 'Perhaps a part of it is missing, or the plan it was for has changed. Open Upkeep to see how things are.',
  };
}

function aboutIncident(ctx: VerbContext, incident: Incident): Omit<Page, 'heading'> {
  const { severities } = ctx.configuration();
  const [finding] = incident.findings;
  return {
    status: 200,
    tone: incident.status === 'resolved' ? 'good' : incident.level,
    badge: severityWord(severities, incident.level),
    lead: '',
    facts: [
      { label: 'Incident', text: incident.title },
      { label: 'Since', text: since(ctx, openSince({ ...incident.conduct, openedAt: incident.openedAt })) },
      ...(incident.services.length > 0 ? [{ label: 'Services', text: incident.services.join(', ') }] : []),
      ...(finding ? [{ label: 'Cause', text: finding.summary }] : []),
    ],
    steps: [],
    form: null,
    url: `${ctx.baseUrl()}/incidents/${incident.id}`,
  };
}

function aboutAction(ctx: VerbContext, action: ActionView): Omit<Page, 'heading'> {
  const { plan } = action;
  return {
    status: 200,
    tone: 'high',
    badge: 'Approval',
    lead: '',
    facts: [
      { label: 'Plan', text: plan.summary },
      { label: 'On', text: `${plan.target} (${plan.action})` },
      { label: 'Why', text: action.why },
      ...(action.approval?.needed === 2 ? [{ label: 'Needs', text: stillNeeded(action.approval) }] : []),
      { label: 'Asked since', text: since(ctx, action.proposedAt) },
      { label: 'Digest', text: action.digest.slice(0, 16) },
    ],
    steps: plan.steps,
    form: null,
    url: `${ctx.baseUrl()}/actions/${action.id}`,
  };
}

function since(ctx: VerbContext, at: number): string {
  const { timezone } = ctx.configuration();
  return `${wallText(at, timezone)} (${timezone}), ${formatDuration(ctx.clock.now() - at)} ago`;
}

function said(state: string): string {
  return state.replaceAll('-', ' ');
}
