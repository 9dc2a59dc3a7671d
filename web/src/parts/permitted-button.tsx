import { Button, type ButtonProps, Tooltip } from '@mantine/core';
import { type Needed, useRefusal } from './permission.ts';

type Props = ButtonProps &
  Omit<React.ComponentPropsWithRef<'button'>, keyof ButtonProps> & {
    readonly needs: Needed;
  };

/** A button that stays readable and in reach of the keyboard for whom it is not, and says why. */
export function PermittedButton({ needs, ...props }: Props) {
  const refusal = useRefusal(needs);
  if (refusal === null) return <Button {...props} />;
  return (
    <Tooltip label={refusal} events={{ hover: true, focus: true, touch: true }}>
      <Button
        {...props}
        type="button"
        aria-disabled
        aria-description={refusal}
        data-disabled
        onClick={(event) => event.preventDefault()}
      />
    </Tooltip>
  );
}
