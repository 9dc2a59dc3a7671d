/** Loaded before files with properties: a red run then tells of the change, not of chance. `npm run properties` tries fresh cases. */
import fc from 'fast-check';

fc.configureGlobal({ seed: 20_261_122 });
