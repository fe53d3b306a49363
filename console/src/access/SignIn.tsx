/** The door: signing in. */
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useAsk } from '../frame/queries.ts';
import { Door } from '../parts/Door.tsx';
import { SignInForm } from './SignInForm.tsx';

export function SignIn({ to }: { to: string }) {
  const { data } = useAsk('GET /sign-in');
  const navigate = useNavigate();
  const client = useQueryClient();
  return (
    <Door title="Sign in" lead={data ? data.organisation : ''}>
      <SignInForm
        done={() => {
          client.clear();
          void navigate({ href: to });
        }}
      />
    </Door>
  );
}
