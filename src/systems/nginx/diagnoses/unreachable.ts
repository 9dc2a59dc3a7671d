import { unreachable } from '../../../machine/unreachable/index.ts';
import { destination, type NginxConnection } from '../client.ts';

export const unreachableServer = unreachable<NginxConnection>({
  kind: 'nginx',
  name: 'nginx',
  next: 'systemctl status nginx; nginx -t; tail -n 50 /var/log/nginx/error.log',
  endsByItself: true,
  destination,
});
