/** Access: people, how they sign in, what they may do, and what needs two of them. */

export { type BreachList, buildBreachFilter, openBreachList } from './passwords/breach-list.ts';
