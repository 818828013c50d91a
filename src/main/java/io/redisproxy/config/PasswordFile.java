package io.redisproxy.config;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;

/** Reads a password from a file of its own, such as a mounted secret. */
final class PasswordFile {
  /** A line break in a path would be one in a message too. */
  static final String PATH = "^[^\\u0000-\\u001f\\u007f]+$";

  private static final Pattern PATH_PATTERN = Pattern.compile(PATH);

  private PasswordFile() {}

  /** The content of the file that the value names, without the line break that editors add. */
  static Optional<String> read(Value value, Path folder) {
    return path(value, folder)
        .flatMap(file -> SmallFile.read(file, "file with the password", value::mistake))
        .flatMap(content -> password(value, content));
  }

  private static Optional<Path> path(Value value, Path folder) {
    String path = value.node().textValue();
    try {
      if (path != null && PATH_PATTERN.matcher(path).matches()) {
        return Optional.of(folder.resolve(path));
      }
    } catch (InvalidPathException e) {
      // What a path may be is for the system to say.
    }
    value.mistake(
        value.show() + " is not a path; write it as \"/run/secrets/redis\", or from " + folder);
    return Optional.empty();
  }

  private static Optional<String> password(Value value, byte[] content) {
    try {
      // A decoder of one's own refuses what isn't UTF-8, where String would replace it.
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString();
      if (!text.isBlank()) {
        return Optional.of(text.replaceFirst("\\r?\\n\\z", ""));
      }
      value.mistake("the file is empty; write the password into it");
    } catch (CharacterCodingException e) {
      value.mistake("the file is not text; save the password as UTF-8");
    }
    return Optional.empty();
  }
}
