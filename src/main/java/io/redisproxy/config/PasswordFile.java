package io.redisproxy.config;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
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
        .flatMap(content -> text(content, "password", value::mistake));
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

  /** {@code secret}: what should be in the file. */
  static Optional<String> text(byte[] content, String secret, Consumer<String> mistake) {
    try {
      // A decoder of one's own refuses what isn't UTF-8, where String would replace it.
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString();
      if (!text.isBlank()) {
        return Optional.of(text.replaceFirst("\\r?\\n\\z", ""));
      }
      mistake.accept("the file is empty; write the " + secret + " into it");
    } catch (CharacterCodingException e) {
      mistake.accept("the file is not text; save the " + secret + " as UTF-8");
    }
    return Optional.empty();
  }
}
