# La auditoría.
