import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.bouncycastle.tsp.TSPException;
import org.bouncycastle.tsp.ers.ERSByteData;
import org.bouncycastle.tsp.ers.ERSEvidenceRecord;
import org.bouncycastle.tsp.ers.ERSException;

/** What Bouncy Castle says of an evidence record. Keys: file, content (one file that the record is of). */
final class Records {
    private Records() {}

    /** The object is shown to be there, the chains hold, and the last token is signed by the certificate it carries. */
    static String judge(Map<String, String> asked)
            throws IOException, TSPException, ERSException, OperatorCreationException, GeneralSecurityException {
        BouncyCastleProvider provider = new BouncyCastleProvider();
        List<String> complaints = new ArrayList<>();
        ERSEvidenceRecord record = new ERSEvidenceRecord(
                Files.readAllBytes(Path.of(asked.get("file"))),
                new JcaDigestCalculatorProviderBuilder().setProvider(provider).build());
        try {
            record.validatePresent(new ERSByteData(Files.readAllBytes(Path.of(asked.get("content")))), new Date());
        } catch (ERSException error) {
            complaints.add("object: " + error.getMessage());
        }
        X509CertificateHolder signer = record.getSigningCertificate();
        if (signer == null) {
            complaints.add("the token has no certificate");
        } else {
            try {
                record.validate(new JcaSimpleSignerInfoVerifierBuilder().setProvider(provider).build(signer));
            } catch (TSPException error) {
                complaints.add("chains: " + error.getMessage());
            }
        }
        return new Json().strings("complaints", complaints).toString();
    }
}
