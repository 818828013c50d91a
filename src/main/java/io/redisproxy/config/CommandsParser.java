package io.redisproxy.config;

import com.fasterxml.jackson.databind.node.TextNode;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What a listener says of single commands. Any name may be one that a module brings, so names are
 * checked for their form alone.
 */
final class CommandsParser {
  /** Printable ASCII, and before a subcommand one blank or bar. */
  static final String NAME = "^[!-{}~]+([ |][!-{}~]+)?$";

  /** What keys begin with, in place of a command's name. */
  static final String PREFIX = "\\*$";

  static final List<String> OVERRIDES =
      Arrays.stream(CommandOverride.values()).map(CommandOverride::word).toList();

  private static final Pattern NAME_PATTERN = Pattern.compile(NAME);
  private static final String AGAIN = "remove one of them";

  private CommandsParser() {}

  static Map<String, CommandOverride> overrides(Value value) {
    Map<String, CommandOverride> overrides = new HashMap<>();
    Map<String, String> places = new HashMap<>();
    value
        .asMap("map of commands", "{ \"MYMODULE.GET\": \"read\" }")
        .forEach(
            (written, where) -> {
              Optional<String> name = name(written, where);
              name.ifPresent(n -> where.onlyOnce(places, n, n, AGAIN));
              Optional<CommandOverride> override =
                  where.asWord(CommandOverride.values(), CommandOverride::word);
              name.ifPresent(n -> override.ifPresent(o -> overrides.put(n, o)));
            });
    return overrides;
  }

  static Set<String> denied(Value value) {
    Set<String> denied = new HashSet<>();
    Map<String, String> places = new HashMap<>();
    for (Value element : value.asArray("array of commands", "[ \"FLUSHALL\" ]")) {
      String written = element.node().textValue();
      if (written == null) {
        element.mistake(element.show() + " is not a command; write its name in quotes");
      } else {
        name(written, element)
            .ifPresent(
                name -> {
                  element.onlyOnce(places, name, name, AGAIN);
                  denied.add(name);
                });
      }
    }
    return denied;
  }

  static NilRecheck nilRecheck(Value value) {
    Set<String> commands = new HashSet<>();
    Set<String> prefixes = new HashSet<>();
    Map<String, String> places = new HashMap<>();
    for (Value element : value.asArray("array", "[ \"GET\", \"session:*\" ]")) {
      String written = element.node().textValue();
      if (written == null) {
        element.mistake(
            element.show()
                + " is neither a command nor what keys begin with; write it as \"GET\" or"
                + " \"session:*\"");
      } else if (written.endsWith("*")) {
        element.onlyOnce(places, written, element.show(), AGAIN);
        prefixes.add(written.substring(0, written.length() - 1));
      } else {
        name(written, element)
            .ifPresent(
                name -> {
                  element.onlyOnce(places, name, name, AGAIN);
                  commands.add(name);
                });
      }
    }
    return new NilRecheck(commands, prefixes);
  }

  private static Optional<String> name(String written, Value value) {
    if (NAME_PATTERN.matcher(written).matches()) {
      return Optional.of(written.toUpperCase(Locale.ROOT).replace('|', ' '));
    }
    value.mistake(
        Value.show(TextNode.valueOf(written))
            + " is not the name of a command; write it as \"GET\", and a subcommand as"
            + " \"CLIENT|LIST\"");
    return Optional.empty();
  }
}
