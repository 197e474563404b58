"""How fresh a pod's last report is, and what concerns every Dreamscape at once."""
