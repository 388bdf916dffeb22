"""What tasks on paired records share: stretches, encoders as they take part, figures."""
