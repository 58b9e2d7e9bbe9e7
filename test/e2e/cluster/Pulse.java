import java.util.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Java's producer as it comes, doing what pulse.py does and answering the same lines.
 *
 *   java Pulse.java BROKERS TOPIC
 */
public class Pulse {
    static volatile int partition = 0;
    static volatile boolean isStopped = false;
    static boolean isServed = false;
    static long longest = 0, last = System.nanoTime();

    static synchronized void to(int next) {
        partition = next;
        isServed = false;
    }

    static synchronized void delivered(RecordMetadata metadata, Exception error) {
        if (error != null || metadata.partition() != partition) return;
        long now = System.nanoTime();
        longest = Math.max(longest, now - last);
        last = now;
        isServed = true;
    }

    static synchronized void tell() {
        long ago = System.nanoTime() - last;
        System.out.println("gap " + Math.max(longest, ago) / 1_000_000 + " " + ago / 1_000_000 + (isServed ? " yes" : " no"));
        longest = 0;
    }

    static void listen() {
        try (Scanner input = new Scanner(System.in)) {
            while (input.hasNextLine()) {
                String[] words = input.nextLine().split(" ");
                if (words[0].equals("to")) to(Integer.parseInt(words[1]));
                else if (words[0].equals("gap?")) tell();
            }
        }
        isStopped = true;
    }

    public static void main(String[] args) throws Exception {
        Properties config = new Properties();
        config.put("bootstrap.servers", args[0]);
        config.put("key.serializer", ByteArraySerializer.class.getName());
        config.put("value.serializer", ByteArraySerializer.class.getName());
        Thread input = new Thread(Pulse::listen);
        input.setDaemon(true);
        input.start();
        System.out.println("started");
        KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(config);
        byte[] value = {'x'};
        while (!isStopped) {
            producer.send(new ProducerRecord<>(args[1], partition, null, value), Pulse::delivered);
            Thread.sleep(20);
        }
        Runtime.getRuntime().halt(0);
    }
}
