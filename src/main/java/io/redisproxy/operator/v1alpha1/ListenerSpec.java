package io.redisproxy.operator.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import java.util.Map;

/** A port to open and the servers behind it; README.md tells what each key means. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value =
        "(has(self.master) ? 1 : 0) + (has(self.sentinel) ? 1 : 0) + (has(self.kubernetes) ? 1 :"
            + " 0) == 1",
    message = "name one of master, sentinel and kubernetes")
@ValidationRule(
    value = "!has(self.slave) || has(self.master)",
    message = "slave stands beside a master only; sentinel and kubernetes tell the replicas")
@ValidationRule(
    value = "!has(self.username) || has(self.passwordSecret)",
    message = "a user needs a passwordSecret")
public record ListenerSpec(
    @JsonPropertyDescription("The port that clients connect to.") @Required @Min(1) @Max(65535)
        Integer listen,
    @JsonPropertyDescription("The server that gets all writes, until another one is promoted.")
        NodeSpec master,
    @JsonPropertyDescription("Its replicas.") @Size(max = 256) List<NodeSpec> slave,
    @JsonPropertyDescription("In place of master and slave: the Sentinels that know them.")
        SentinelSpec sentinel,
    @JsonPropertyDescription("In place of master and slave: the pods that they are.")
        KubernetesSpec kubernetes,
    @JsonPropertyDescription("TLS with clients; without it they connect without.") TlsSpec tls,
    @JsonPropertyDescription(
            "TLS with the servers and the Sentinels; without it they are connected to without.")
        NodeTlsSpec nodeTls,
    @JsonPropertyDescription(
            "The user as whom the proxy connects to the servers for clients that bring no"
                + " credentials.")
        @Pattern(Patterns.USERNAME)
        String username,
    @JsonPropertyDescription("The password for that.") SecretKey passwordSecret,
    @JsonPropertyDescription("As whom the proxy asks the servers for their health.")
        LoginSpec probe,
    @JsonPropertyDescription("What clients have to say to the proxy itself.") LoginSpec auth,
    @JsonPropertyDescription("Commands that go elsewhere than their flags say.") @Size(max = 1024)
        Map<String, CommandClass> commands,
    @JsonPropertyDescription("Commands that are refused.") @Size(max = 1024)
        List<@Pattern(Patterns.COMMAND) String> deny,
    @JsonPropertyDescription(
            "Reads that the master is asked, too, when a replica answers nil: commands, and what"
                + " keys begin with, with a * behind it.")
        @Size(max = 1024)
        List<String> nilRecheck,
    @JsonPropertyDescription("What reads may see; read-your-writes if not said.")
        Consistency consistency,
    @JsonPropertyDescription("How a replica is chosen for reads; round-robin if not said.")
        ReadPolicy readPolicy,
    @JsonPropertyDescription("Whether the master takes a share of the reads, too.")
        Boolean includeMaster,
    @JsonPropertyDescription(
            "Whether a sample of the keys that replicas are read from is touched on the master.")
        Boolean touchMaster,
    @JsonPropertyDescription("A replica that is further behind gets no reads.")
        @Min(1)
        @Max(1125899906842624.0)
        Long maxLagBytes,
    @JsonPropertyDescription("The same if it has heard nothing from its master for longer.")
        @Min(1)
        @Max(86400)
        Integer maxLagSeconds,
    @JsonPropertyDescription("The time from one check of a server to the next.")
        @Pattern(Patterns.TIME)
        String probeInterval,
    @JsonPropertyDescription("How long a check may take.") @Pattern(Patterns.TIME)
        String probeTimeout,
    @JsonPropertyDescription("Checks in a row that a server fails until it counts as down.")
        @Min(1)
        @Max(100)
        Integer unhealthyAfter,
    @JsonPropertyDescription("Checks in a row that it passes until it counts as up again.")
        @Min(1)
        @Max(100)
        Integer healthyAfter,
    @JsonPropertyDescription(
            "How long replicas that have all lost their master go on serving reads.")
        @Pattern(Patterns.TIME)
        String staleGrace,
    @JsonPropertyDescription("A read not answered for so long is sent to another server.")
        @Pattern(Patterns.TIME)
        String readTimeout,
    @JsonPropertyDescription(
            "Has a read that a replica is slow to answer be sent to another one, too.")
        HedgeSpec hedge,
    @JsonPropertyDescription("How often a read whose server fails is sent at the most.")
        @Min(1)
        @Max(10)
        Integer readAttempts,
    @JsonPropertyDescription(
            "How many reads that no replica is fit for go to the master: always, never, or a rate"
                + " such as 1000/s.")
        @Pattern(Patterns.FALLBACK)
        String masterFallback,
    @JsonPropertyDescription("How long requests wait for a server while none can be reached.")
        @Pattern(Patterns.TIME)
        String holdWrites) {

  /** Where a command goes, whatever its flags say. */
  public enum CommandClass {
    @JsonProperty("read")
    READ,
    @JsonProperty("write")
    WRITE,
    @JsonProperty("master")
    MASTER
  }

  /** What reads may see. */
  public enum Consistency {
    @JsonProperty("read-your-writes")
    READ_YOUR_WRITES,
    @JsonProperty("eventual")
    EVENTUAL
  }

  /** How a replica is chosen. */
  public enum ReadPolicy {
    @JsonProperty("round-robin")
    ROUND_ROBIN,
    @JsonProperty("least-pending")
    LEAST_PENDING,
    @JsonProperty("lowest-latency")
    LOWEST_LATENCY,
    @JsonProperty("sticky")
    STICKY
  }
}
