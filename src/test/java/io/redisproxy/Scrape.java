package io.redisproxy;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The proxy's own metrics out of what the metrics endpoint serves. */
public record Scrape(String text) {
  private static final Pattern TYPE = Pattern.compile("# TYPE (redis_proxy_\\w+) (\\w+)");
  private static final Pattern SAMPLE = Pattern.compile("(redis_proxy_\\w+?)(?:\\{(.*)})? (\\S+)");
  private static final Pattern LABEL = Pattern.compile("(\\w+)=\"([^\"]*)\",?");

  /** One line that is no comment. */
  public record Sample(String name, Map<String, String> labels, double value) {}

  /** The types by the names of the families. */
  public Map<String, String> types() {
    Map<String, String> types = new TreeMap<>();
    TYPE.matcher(text).results().forEach(type -> types.put(type.group(1), type.group(2)));
    return types;
  }

  public List<Sample> samples() {
    return text.lines().map(SAMPLE::matcher).filter(Matcher::matches).map(Scrape::sample).toList();
  }

  private static Sample sample(Matcher line) {
    Map<String, String> labels = new TreeMap<>();
    if (line.group(2) != null) {
      LABEL
          .matcher(line.group(2))
          .results()
          .forEach(label -> labels.put(label.group(1), label.group(2)));
    }
    String value = line.group(3).replace("+Inf", "Infinity");
    return new Sample(line.group(1), labels, Double.parseDouble(value));
  }

  /** The labels of a family, but for that of buckets. */
  public Set<String> labels(String family) {
    Set<String> labels = new TreeSet<>();
    samples().stream()
        .filter(
            sample ->
                sample.name().equals(family)
                    || List.of(family + "_bucket", family + "_count", family + "_sum")
                        .contains(sample.name()))
        .forEach(sample -> labels.addAll(sample.labels().keySet()));
    labels.remove("le");
    return labels;
  }

  /** The sum of all samples with that name and these labels, each {@code name=value}. */
  public double sum(String name, String... labels) {
    return samples().stream()
        .filter(sample -> sample.name().equals(name))
        .filter(
            sample -> {
              for (String label : labels) {
                String[] parts = label.split("=", 2);
                if (!parts[1].equals(sample.labels().get(parts[0]))) {
                  return false;
                }
              }
              return true;
            })
        .mapToDouble(Sample::value)
        .sum();
  }
}
