package io.redisproxy.command;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The text of a Lua script, as far as it tells what the script touches and calls. What isn't plain
 * at first sight counts as touching any: nothing is run, and no flow is followed.
 */
final class ScriptText {
  /** Calls a command; what {@code redis} is used for otherwise must be {@link #HARMLESS}. */
  private static final Pattern CALL =
      Pattern.compile("\\b(?:redis|server)\\s*\\.\\s*p?call\\s*\\(");

  private static final Pattern API = Pattern.compile("\\b(?:redis|server)\\b");
  private static final Pattern HARMLESS =
      Pattern.compile(
          "(?:redis|server)\\s*\\.\\s*(?:p?call\\s*\\(|error_reply\\b|status_reply\\b|log\\b"
              + "|LOG_\\w+|sha1hex\\b|replicate_commands\\b|setresp\\b|acl_check_cmd\\b)");

  /** What can call or name anything. */
  private static final Pattern OPAQUE =
      Pattern.compile("\\b(?:_G|loadstring|load|dofile|getfenv|setfenv|rawget|rawset)\\b|\\[=*\\[");

  private static final Pattern KEYS_OTHERWISE =
      Pattern.compile("(?<!#)\\bKEYS\\b(?!\\s*\\[)|\\bKEYS\\s*\\[[^]]*]\\s*=(?!=)");

  private static final Pattern DECLARED =
      Pattern.compile("KEYS\\s*\\[[^\\[\\]]*(?:\\[[^\\[\\]]*])?[^\\[\\]]*]");
  private static final Pattern ALIAS =
      Pattern.compile(
          "\\blocal\\s+(\\w+)\\s*=\\s*KEYS\\s*\\[\\s*\\d+\\s*]\\s*+"
              + "(?![-.+*/%^<>~=,\\[(:{\"]|and\\b|or\\b)");

  /** Wherever it stands: a script that is taken for one of these may wait for no reason. */
  private static final Pattern SCAN = Pattern.compile("\\b[hsz]?scan\\b", Pattern.CASE_INSENSITIVE);

  /** Names, and what may stand between them in a list. */
  private static final String PLAIN = "[^=()\\[\\]{}\"]*";

  private static final String MASK = "\"";

  private static final int MOST_ALIASES = 16;

  /** Without comments; each string is its place in {@link #strings} between quotes. */
  private final StringBuilder code = new StringBuilder();

  private final List<String> strings = new ArrayList<>();
  private final Set<String> aliases = new HashSet<>();
  private boolean legible = true;

  private ScriptText(String text) {
    read(text);
  }

  /** Whether all keys that a script touches are those that its caller declares. */
  static boolean namesKeys(byte[] script) {
    return new ScriptText(new String(script, StandardCharsets.ISO_8859_1)).namesKeys();
  }

  /** Whether it may call SCAN or one of its kin. */
  static boolean scans(byte[] script) {
    return SCAN.matcher(new String(script, StandardCharsets.ISO_8859_1)).find();
  }

  private boolean namesKeys() {
    if (!legible || OPAQUE.matcher(code).find() || KEYS_OTHERWISE.matcher(code).find()) {
      return false;
    }
    for (Matcher api = API.matcher(code); api.find(); ) {
      if (!HARMLESS.matcher(code).region(api.start(), code.length()).lookingAt()) {
        return false;
      }
    }
    ALIAS.matcher(code).results().limit(MOST_ALIASES).forEach(found -> addAlias(found.group(1)));
    for (Matcher call = CALL.matcher(code); call.find(); ) {
      if (!namesKeys(arguments(call.end()))) {
        return false;
      }
    }
    return true;
  }

  private void read(String text) {
    int at = 0;
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == '"' || c == '\'') {
        at = readString(text, at);
      } else if (text.startsWith("--[", at)) {
        // It may be a long comment, which ends elsewhere than its line.
        legible = false;
        return;
      } else if (text.startsWith("--", at)) {
        int end = text.indexOf('\n', at);
        at = end < 0 ? text.length() : end;
      } else {
        code.append(c);
        at++;
      }
    }
  }

  private int readString(String text, int from) {
    int end = from + 1;
    while (end < text.length() && text.charAt(end) != text.charAt(from)) {
      end += text.charAt(end) == '\\' ? 2 : 1;
    }
    code.append(MASK).append(strings.size()).append(MASK);
    strings.add(text.substring(from + 1, Math.min(end, text.length())));
    return end + 1;
  }

  /**
   * A name that is given one of the keys, and nothing else anywhere. The patterns repeat single
   * characters only: a group that is repeated takes a piece of the stack each time.
   */
  private void addAlias(String name) {
    Pattern given = Pattern.compile("\\b" + name + "\\b\\s*(?:," + PLAIN + ")?=(?!=)");
    Pattern bound =
        Pattern.compile(
            "\\bfor\\b" + PLAIN + "\\b" + name + "\\b|\\bfunction\\b[^)]*\\b" + name + "\\b");
    if (given.matcher(code).results().count() == 1 && !bound.matcher(code).find()) {
      aliases.add(name);
    }
  }

  /** What stands between commas up to the parenthesis that closes. */
  private List<String> arguments(int from) {
    List<String> arguments = new ArrayList<>();
    int depth = 0;
    int begin = from;
    for (int at = from; at < code.length(); at++) {
      char c = code.charAt(at);
      if (c == '(' || c == '[' || c == '{') {
        depth++;
      } else if (depth > 0 && (c == ')' || c == ']' || c == '}')) {
        depth--;
      } else if (depth == 0 && (c == ',' || c == ')')) {
        arguments.add(code.substring(begin, at).strip());
        begin = at + 1;
        if (c == ')') {
          return arguments;
        }
      }
    }
    return List.of();
  }

  private boolean namesKeys(List<String> arguments) {
    String name = arguments.isEmpty() ? null : literal(arguments.get(0));
    if (name == null) {
      return false;
    }
    List<byte[]> words = arguments.stream().map(this::word).toList();
    Command command = CommandTable.find(words);
    if (command == Command.SELECT) {
      // What is declared counts for the session's database.
      return false;
    }
    return switch (KeyUse.of(command)) {
      case NONE -> true;
      case FIRST -> arguments.size() > 1 && isKey(arguments.get(1));
      case FIXED, MOVABLE -> areKeys(command, arguments, words);
      case ANY -> false;
    };
  }

  private boolean areKeys(Command command, List<String> arguments, List<byte[]> words) {
    // What unpack stands for is any number of arguments.
    return command.keySpecs().stream().allMatch(KeySpec::isFixed)
        && arguments.stream().noneMatch(argument -> argument.contains("unpack"))
        && Arrays.stream(KeyFinder.find(command, words))
            .mapToObj(arguments::get)
            .allMatch(this::isKey);
  }

  /** What the server gets, if that is known. */
  private byte[] word(String argument) {
    String literal = literal(argument);
    return (literal == null ? "" : literal).getBytes(StandardCharsets.ISO_8859_1);
  }

  private boolean isKey(String argument) {
    return aliases.contains(argument) || DECLARED.matcher(argument).matches();
  }

  private String literal(String argument) {
    if (!argument.matches("\"\\d+\"")) {
      return null;
    }
    return strings.get(Integer.parseInt(argument.substring(1, argument.length() - 1)));
  }
}
