"""The knowledge: faq_data imported, loaded into typed objects, checked, and rendered as answers."""
