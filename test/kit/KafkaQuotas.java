import java.util.*;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.metrics.*;
import org.apache.kafka.common.metrics.stats.*;

/**
 * Apache Kafka's own rates and token buckets, driven by commands on the input, one a line:
 *
 *   rate|bucket LIMIT WINDOWS WINDOW_MS    begins anew
 *   NOW AMOUNT                             records, and prints the value and the limit's verdict
 */
public class KafkaQuotas {
    static long now;

    public static void main(String[] args) {
        Scanner in = new Scanner(System.in);
        StringBuilder out = new StringBuilder();
        Measurable stat = null;
        Rate rate = null;
        Metrics metrics = null;
        KafkaMetric metric = null;
        Sensor sensor = null;
        while (in.hasNextLine()) {
            String[] words = in.nextLine().split(" ");
            if (words.length == 4) {
                MetricConfig config = new MetricConfig()
                    .quota(Quota.upperBound(Double.parseDouble(words[1])))
                    .samples(Integer.parseInt(words[2]))
                    .timeWindow(Long.parseLong(words[3]), TimeUnit.MILLISECONDS);
                metrics = new Metrics();
                sensor = metrics.sensor("s");
                MetricName name = metrics.metricName("n", "g");
                rate = words[0].equals("rate") ? new Rate() : null;
                sensor.add(name, rate != null ? rate : new TokenBucket(), config);
                metric = metrics.metric(name);
                stat = metric.measurable();
                continue;
            }
            now = Long.parseLong(words[0]);
            sensor.record(Double.parseDouble(words[1]), now, false);
            double value = stat.measure(metric.config(), now);
            double bound = metric.config().quota().bound();
            long throttle = rate != null
                ? value <= bound ? 0
                    : Math.round((value - bound) / bound * rate.windowSize(metric.config(), now))
                : value >= 0 ? 0 : Math.round(-value / bound * 1000);
            out.append(value).append(' ').append(throttle).append('\n');
        }
        System.out.print(out);
    }
}
