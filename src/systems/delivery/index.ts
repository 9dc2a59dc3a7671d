import { defineSystem } from '../../core/system.ts';
import { rollbackRelease } from './actions/rollback-release.ts';
import { deliveryConfig } from './config.ts';
import { connect } from './connection.ts';
import { release } from './probes/release.ts';

export const delivery = defineSystem({
  kind: 'delivery',
  summary: 'Releases of a program: which one is in force, and the way back, by a link or by image tags',
  config: deliveryConfig,
  connect,
  close: async () => {},
  address: ({ current, tag }) => current ?? tag?.show[0] ?? '',
  probes: [release],
  rules: new URL('./rules.yaml', import.meta.url),
  diagnoses: [],
  actions: [rollbackRelease],
});
