/** A rubric to begin with: each part says what it is for. */
export const STARTER = `name: answers_the_question
kind: judge
description: Does the answer do what was asked?
target: trace          # span, trace or session
inputs:                # name: where it is read from
  question: input
  answer: output
output:
  type: boolean        # boolean, categorical, ordinal, numeric or pairwise
  labels:
    answered: Everything that was asked is answered.
    not_answered: Something that was asked is missing or evaded.
    unclear: The question cannot be understood.
  scores: {answered: 1, not_answered: 0}
  abstain: [unclear]   # counted as unseen, never scored
rules:
  - Judge whether it answers, not whether it is right.
  - A question for a detail that is really needed is an answer.
examples:
  - inputs:
      question: When does my plan end?
      answer: Your plan ends on 30 June.
    label: answered
    why: The date that was asked for is given.
  - inputs:
      question: When does my plan end?
      answer: Plans can be changed under Settings.
    label: not_answered
    why: No date is given.
evidence: required     # the quotes must occur in the inputs
model: {role: evaluation, temperature: 0}
`;
