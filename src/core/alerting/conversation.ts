/** What incidents that likely have one cause are told as: one conversation at each target, whose members come and go. */
export interface Conversation {
  /** The id of the incident that it began with. */
  readonly id: string;
  readonly openedAt: number;
  /** The SLO of that incident. */
  readonly slo: string;
}

/** The conversation of an incident, with what others may have in common with it. */
export interface IncidentConversation extends Conversation {
  readonly signs: readonly string[];
}

/** What a notification says of the conversation of its incident. */
export interface ConversationFacts extends Conversation {
  /** How many of its other incidents are open. */
  readonly others: number;
}
