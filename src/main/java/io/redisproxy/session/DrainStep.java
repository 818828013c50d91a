package io.redisproxy.session;

/** How much patience there is with clients that shall go; each step is one with less. */
enum DrainStep {
  /** Whoever has nothing that would be lost goes. */
  CALM,
  /** Subscribers go, too, between two messages. */
  SUBSCRIBERS,
  /** Commands that wait for other clients are ended, as if their time were over. */
  LAST
}
