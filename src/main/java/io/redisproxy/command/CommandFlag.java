package io.redisproxy.command;

/**
 * What a server's {@code COMMAND} says of a command, as far as routing needs it. READ_ONLY and
 * PUB_SUB have their underscore to be told from the commands of that name.
 */
public enum CommandFlag {
  WRITE,
  READ_ONLY,
  DENYOOM,
  ADMIN,
  PUB_SUB,
  NOSCRIPT,
  BLOCKING,
  FAST,
  MAY_REPLICATE,
  NO_AUTH
}
