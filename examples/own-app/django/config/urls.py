from django.urls import path

from blog import views

urlpatterns = [
    path("", views.index),
    path("api/posts/<int:number>/", views.post),
]
