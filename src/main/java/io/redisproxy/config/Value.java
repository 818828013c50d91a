package io.redisproxy.config;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A value of the JSON file and its place; asked for a kind that it isn't, it notes a mistake. */
record Value(JsonNode node, String place, Mistakes mistakes, boolean isHidden) {
  /** A name, an IPv4 or an IPv6 address. A single colon would be the one before a port. */
  static final String HOST =
      "^([A-Za-z0-9._-]+|[0-9A-Fa-f.]*(:[0-9A-Fa-f.]*){2,}(%[A-Za-z0-9._-]+)?)$";

  static final String USERNAME = "^[^\\s\\u0000-\\u001f\\u007f]+$";

  static final String TIME = "^(\\d{1,8})(ms|s|m)$";

  private static final Pattern TIME_PATTERN = Pattern.compile(TIME);
  private static final Pattern USERNAME_PATTERN = Pattern.compile(USERNAME);
  private static final Pattern HOST_PATTERN = Pattern.compile(HOST);
  private static final int MAX_PORT = 65535;
  private static final Duration LONGEST = Duration.ofDays(1);
  private static final int MAX_SHOWN = 60;

  Value(JsonNode node, String place, Mistakes mistakes) {
    this(node, place, mistakes, false);
  }

  Value inside(String key, JsonNode child) {
    return new Value(child, placeOf(key, place), mistakes);
  }

  /** The place of a key's value; on one line, whatever is in the key. */
  static String placeOf(String key, String object) {
    return object + '.' + new String(JsonStringEncoder.getInstance().quoteAsString(key));
  }

  /** The same value, which no message will show. */
  Value hidden() {
    return new Value(node, place, mistakes, true);
  }

  void mistake(String problem) {
    mistakes.add(place, problem);
  }

  /**
   * The fields of a JSON object.
   *
   * @param what what the object stands for
   * @param sample what it looks like
   */
  Optional<Fields> asObject(String what, String sample, List<String> keys) {
    if (!node.isObject()) {
      mistake(show() + " is not a " + what + "; write it as " + sample);
      return Optional.empty();
    }
    return Optional.of(new Fields(this, keys));
  }

  /** The elements of a JSON array; parameters as for {@link #asObject}. */
  List<Value> asArray(String what, String sample) {
    List<Value> elements = new ArrayList<>();
    if (node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        elements.add(new Value(node.get(i), place + '[' + i + ']', mistakes));
      }
    } else if (node.isObject()) {
      mistake(
          "an object is not an " + what + "; put brackets around it, [ ... ], even for only one");
    } else {
      mistake(show() + " is not an " + what + "; write it as " + sample);
    }
    return elements;
  }

  /** The values of a JSON object whose keys are the user's; parameters as for {@link #asObject}. */
  Map<String, Value> asMap(String what, String sample) {
    Map<String, Value> values = new LinkedHashMap<>();
    if (node.isObject()) {
      node.properties().forEach(e -> values.put(e.getKey(), inside(e.getKey(), e.getValue())));
    } else {
      mistake(show() + " is not a " + what + "; write it as " + sample);
    }
    return values;
  }

  /**
   * Notes a mistake if something else is that already.
   *
   * @param places where each is that came before
   */
  <K> void onlyOnce(Map<K, String> places, K key, Object shown, String remedy) {
    String first = places.putIfAbsent(key, place);
    if (first != null) {
      mistake(shown + " is there already, as " + first + "; " + remedy);
    }
  }

  Optional<Integer> asPort() {
    if (node.isIntegralNumber() && node.canConvertToInt() && isPort(node.intValue())) {
      return Optional.of(node.intValue());
    }
    if (node.isTextual() && node.textValue().matches("\\d{1,5}")) {
      mistake(show() + " is text; write it without quotes, " + node.textValue());
    } else if (node.isIntegralNumber()) {
      mistake(show() + " is not a port; use 1 to " + MAX_PORT);
    } else {
      mistake(show() + " is not a port; use a whole number from 1 to " + MAX_PORT);
    }
    return Optional.empty();
  }

  /** A whole number within bounds. */
  Optional<Long> asNumber(long least, long most) {
    if (node.isIntegralNumber()
        && node.canConvertToLong()
        && node.longValue() >= least
        && node.longValue() <= most) {
      return Optional.of(node.longValue());
    }
    mistake(show() + " is not such a number; use a whole number from " + least + " to " + most);
    return Optional.empty();
  }

  /** A part of one. */
  Optional<Double> asFraction(double least, double most) {
    if (node.isNumber() && node.doubleValue() >= least && node.doubleValue() <= most) {
      return Optional.of(node.doubleValue());
    }
    mistake(show() + " is not such a number; use one from " + least + " to " + most);
    return Optional.empty();
  }

  Optional<Boolean> asTruth() {
    if (node.isBoolean()) {
      return Optional.of(node.booleanValue());
    }
    mistake(show() + " is neither true nor false; write one of them, without quotes");
    return Optional.empty();
  }

  Optional<String> asZone() {
    String zone = node.textValue();
    if (zone != null && !zone.isBlank()) {
      return Optional.of(zone);
    }
    mistake(show() + " is not a zone; write its name in quotes, such as \"eu-west-1a\"");
    return Optional.empty();
  }

  /** A whole number of milliseconds, seconds or minutes, with its unit. */
  Optional<Duration> asTime(long leastMillis) {
    Matcher said = TIME_PATTERN.matcher(node.isTextual() ? node.textValue() : "");
    if (!said.matches()) {
      mistake(show() + " is not a time; write it in quotes, such as \"500ms\" or \"2s\"");
      return Optional.empty();
    }
    long number = Long.parseLong(said.group(1));
    Duration time =
        switch (said.group(2)) {
          case "ms" -> Duration.ofMillis(number);
          case "s" -> Duration.ofSeconds(number);
          default -> Duration.ofMinutes(number);
        };
    if (time.toMillis() < leastMillis) {
      mistake(show() + " is too short; use " + leastMillis + "ms or more");
      return Optional.empty();
    }
    if (time.compareTo(LONGEST) > 0) {
      mistake(show() + " is too long; use " + LONGEST.toMinutes() + "m or less");
      return Optional.empty();
    }
    return Optional.of(time);
  }

  /** One of a few words that the JSON may say. */
  <T> Optional<T> asWord(T[] values, Function<T, String> word) {
    String said = node.textValue();
    List<String> words = Arrays.stream(values).map(word).toList();
    if (words.contains(said)) {
      return Optional.of(values[words.indexOf(said)]);
    }
    mistake(
        show()
            + " is not one of the words for it; "
            + Optional.ofNullable(said)
                .flatMap(s -> Spelling.nearest(s, words))
                .map(meant -> "did you mean \"" + meant + "\"?")
                .orElse("use \"" + String.join("\", \"", words) + '"'));
    return Optional.empty();
  }

  Optional<String> asHost() {
    String host = node.textValue();
    if (host != null && HOST_PATTERN.matcher(host).matches()) {
      return Optional.of(host);
    }
    mistake(
        show()
            + " is not a host; write a name or an address alone, such as \"host01\" or"
            + " \"10.0.0.1\", and the port under \"port\"");
    return Optional.empty();
  }

  Optional<String> asUsername() {
    String name = node.textValue();
    if (name != null && USERNAME_PATTERN.matcher(name).matches()) {
      return Optional.of(name);
    }
    mistake(show() + " is not a user name; write it in quotes, without blanks");
    return Optional.empty();
  }

  Optional<String> asPassword() {
    String password = node.textValue();
    if (password == null) {
      mistake(show() + " is not a password; write it in quotes");
    } else if (password.isEmpty()) {
      mistake("the password is empty; write it, or remove the key");
    }
    return Optional.ofNullable(password).filter(p -> !p.isEmpty());
  }

  private static boolean isPort(int number) {
    return number >= 1 && number <= MAX_PORT;
  }

  /** The value for a message: short, and on one line since JSON escapes line ends. */
  String show() {
    return isHidden && node.isValueNode() ? kind() : show(node);
  }

  static String show(JsonNode node) {
    if (node.isContainerNode()) {
      return node.isObject() ? "an object" : "an array";
    }
    // What comes before an @ may be a password, as in redis://user:password@host01.
    String json = node.toString().replaceFirst("^\".*@", "\"...@");
    return json.length() <= MAX_SHOWN ? json : json.substring(0, MAX_SHOWN) + "...";
  }

  private String kind() {
    if (node.isNull()) {
      return "null";
    }
    return node.isTextual() ? "text" : node.isNumber() ? "a number" : "a truth value";
  }
}
