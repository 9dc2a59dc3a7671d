/** Where a drill may be played beside the sandbox that it starts itself. */

/** `production`, `prod-eu`, `live`: whatever begins like it counts, as a mistake here cannot be taken back. */
const production = /^(prod|prd|live)/i;

export interface DrillGround {
  readonly name: string;
  readonly environment: string | null;
  /** `drills: allow` of the target. */
  readonly allowsDrills?: true;
}

/** Why no drill may be played on it; null where one may. What is not declared counts as production. */
export function whyNoDrill({ name, environment, allowsDrills }: DrillGround): string | null {
  if (environment === null)
    return `no environment is declared for ${name}, so it counts as production, where no drill is ever played: write environment: staging`;
  if (production.test(environment))
    return `${name} belongs to ${environment}, and no drill is ever played in production`;
  if (allowsDrills !== true)
    return `${name} does not allow drills: write drills: allow under targets.${name} where something may be broken on purpose`;
  return null;
}
