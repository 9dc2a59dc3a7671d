import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { OverviewPage } from './overview/overview-page.tsx';
import { Crashed, NotFound } from './parts/not-found.tsx';
import { Loading } from './parts/states.tsx';
import {
  askSearch,
  backupsSearch,
  incidentsSearch,
  journalSearch,
  logsSearch,
  oncallSearch,
  overviewSearch,
  policySearch,
  rulesSearch,
  silencesSearch,
  targetSearch,
} from './search.ts';
import { Gate } from './session/gate.tsx';
import { SetupPage } from './session/setup-page.tsx';

const root = createRootRoute({ component: Gate, notFoundComponent: NotFound });

const overview = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: OverviewPage,
  validateSearch: overviewSearch,
});

const target = createRoute({
  getParentRoute: () => root,
  path: '/targets/$name',
  component: lazyRouteComponent(() => import('./target/target-page.tsx'), 'TargetPage'),
  validateSearch: targetSearch,
});

const incidents = createRoute({
  getParentRoute: () => root,
  path: '/incidents',
  component: lazyRouteComponent(() => import('./incidents/incidents-page.tsx'), 'IncidentsPage'),
  validateSearch: incidentsSearch,
});

const incident = createRoute({
  getParentRoute: () => root,
  path: '/incidents/$id',
  component: lazyRouteComponent(() => import('./incidents/incident-page.tsx'), 'IncidentPage'),
});

const postmortem = createRoute({
  getParentRoute: () => root,
  path: '/incidents/$id/postmortem',
  component: lazyRouteComponent(() => import('./incidents/postmortem-page.tsx'), 'PostmortemPage'),
});

const actions = createRoute({
  getParentRoute: () => root,
  path: '/actions',
  component: lazyRouteComponent(() => import('./actions/actions-page.tsx'), 'ActionsPage'),
});

const action = createRoute({
  getParentRoute: () => root,
  path: '/actions/$id',
  component: lazyRouteComponent(() => import('./actions/action-page.tsx'), 'ActionPage'),
});

const journal = createRoute({
  getParentRoute: () => root,
  path: '/journal',
  component: lazyRouteComponent(() => import('./journal/journal-page.tsx'), 'JournalPage'),
  validateSearch: journalSearch,
});

const report = createRoute({
  getParentRoute: () => root,
  path: '/report',
  component: lazyRouteComponent(() => import('./report/report-page.tsx'), 'ReportPage'),
});

const settings = createRoute({
  getParentRoute: () => root,
  path: '/settings',
  component: lazyRouteComponent(() => import('./settings/settings-page.tsx'), 'SettingsPage'),
});

const silences = createRoute({
  getParentRoute: () => root,
  path: '/silences',
  component: lazyRouteComponent(() => import('./quiet/silences-page.tsx'), 'SilencesPage'),
  validateSearch: silencesSearch,
});

const maintenance = createRoute({
  getParentRoute: () => root,
  path: '/maintenance',
  component: lazyRouteComponent(() => import('./quiet/maintenance-page.tsx'), 'MaintenancePage'),
});

const oncall = createRoute({
  getParentRoute: () => root,
  path: '/oncall',
  component: lazyRouteComponent(() => import('./oncall/oncall-page.tsx'), 'OnCallPage'),
  validateSearch: oncallSearch,
});

const escalation = createRoute({
  getParentRoute: () => root,
  path: '/oncall/escalation',
  component: lazyRouteComponent(() => import('./oncall/escalation-page.tsx'), 'EscalationPage'),
});

const objectives = createRoute({
  getParentRoute: () => root,
  path: '/objectives',
  component: lazyRouteComponent(() => import('./objectives/objectives-page.tsx'), 'ObjectivesPage'),
});

const serviceObjectives = createRoute({
  getParentRoute: () => root,
  path: '/objectives/$service',
  component: lazyRouteComponent(
    () => import('./objectives/service-objectives-page.tsx'),
    'ServiceObjectivesPage',
  ),
});

const rules = createRoute({
  getParentRoute: () => root,
  path: '/rules',
  component: lazyRouteComponent(() => import('./rules/rules-page.tsx'), 'RulesPage'),
  validateSearch: rulesSearch,
});

const rule = createRoute({
  getParentRoute: () => root,
  path: '/rules/$rule',
  component: lazyRouteComponent(() => import('./rules/rule-page.tsx'), 'RulePage'),
});

const channels = createRoute({
  getParentRoute: () => root,
  path: '/channels',
  component: lazyRouteComponent(() => import('./channels/channels-page.tsx'), 'ChannelsPage'),
});

const statusPage = createRoute({
  getParentRoute: () => root,
  path: '/status-page',
  component: lazyRouteComponent(() => import('./status-page/status-page.tsx'), 'StatusPagePage'),
});

const policy = createRoute({
  getParentRoute: () => root,
  path: '/policy',
  component: lazyRouteComponent(() => import('./guard/policy-page.tsx'), 'PolicyPage'),
  validateSearch: policySearch,
});

const ask = createRoute({
  getParentRoute: () => root,
  path: '/ask',
  component: lazyRouteComponent(() => import('./ask/ask-page.tsx'), 'AskPage'),
  validateSearch: askSearch,
});

const logs = createRoute({
  getParentRoute: () => root,
  path: '/logs',
  component: lazyRouteComponent(() => import('./logs/logs-page.tsx'), 'LogsPage'),
  validateSearch: logsSearch,
});

const drills = createRoute({
  getParentRoute: () => root,
  path: '/drills',
  component: lazyRouteComponent(() => import('./drills/drills-page.tsx'), 'DrillsPage'),
});

const recoveryPlan = createRoute({
  getParentRoute: () => root,
  path: '/recovery-plan',
  component: lazyRouteComponent(() => import('./recovery/recovery-plan-page.tsx'), 'RecoveryPlanPage'),
});

const backups = createRoute({
  getParentRoute: () => root,
  path: '/backups',
  component: lazyRouteComponent(() => import('./recovery/backups-page.tsx'), 'BackupsPage'),
  validateSearch: backupsSearch,
});

const setup = createRoute({ getParentRoute: () => root, path: '/setup', component: SetupPage });

export const router = createRouter({
  routeTree: root.addChildren([
    overview,
    target,
    incidents,
    incident,
    postmortem,
    actions,
    action,
    journal,
    report,
    settings,
    setup,
    silences,
    maintenance,
    oncall,
    escalation,
    objectives,
    serviceObjectives,
    rules,
    rule,
    channels,
    statusPage,
    policy,
    ask,
    logs,
    drills,
    recoveryPlan,
    backups,
  ]),
  defaultPreload: 'intent',
  defaultPendingComponent: () => <Loading rows={6} />,
  defaultErrorComponent: ({ error }) => <Crashed error={error} />,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
