import eu.europa.esig.dss.alert.LogOnStatusAlert;
import eu.europa.esig.dss.service.crl.OnlineCRLSource;
import eu.europa.esig.dss.service.http.commons.CommonsDataLoader;
import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonCertificateSource;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The test PKI, of which some authorities are trusted. */
final class Pki {
    static final List<String> ROOTS = List.of("hpki-root", "tsa-root");
    /** DSS takes the HPKI root's lists out of no document, so it would add no evidence for the CA below. */
    static final List<String> FOR_MAKING = List.of("hpki-signature-ca", "hpki-root", "tsa-root");

    final Path folder;

    Pki(Path folder) {
        this.folder = folder;
    }

    /** With CRLs and CAs from the test PKI, which serves them on the loopback. */
    CommonCertificateVerifier verifier(List<String> anchors) throws IOException {
        CommonCertificateVerifier verifier = selfSufficient(anchors);
        CommonCertificateSource known = new CommonCertificateSource();
        try (Stream<Path> files = Files.list(folder.resolve("ca"))) {
            files.filter(file -> file.toString().endsWith(".pem")).sorted()
                    .forEach(file -> known.addCertificate(DSSUtils.loadCertificate(file.toFile())));
        }
        verifier.setAdjunctCertSources(known);
        verifier.setCrlSource(new OnlineCRLSource(new CommonsDataLoader()));
        return verifier;
    }

    /** With the anchors and nothing else: a document must bring the rest. */
    CommonCertificateVerifier selfSufficient(List<String> anchors) {
        CommonTrustedCertificateSource trusted = new CommonTrustedCertificateSource();
        for (String anchor : anchors) {
            trusted.addCertificate(DSSUtils.loadCertificate(folder.resolve("ca").resolve(anchor + ".pem").toFile()));
        }
        CommonCertificateVerifier verifier = new CommonCertificateVerifier(true);
        verifier.setTrustedCertSources(trusted);
        // The test PKI's lists are some minutes older than the signature: told by the judge, no reason to make nothing.
        verifier.setAlertOnNoRevocationAfterBestSignatureTime(new LogOnStatusAlert());
        return verifier;
    }
}
