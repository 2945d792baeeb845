from django.urls import path

from consent.desk import views

urlpatterns = [
    path("", views.at_the_desk, name="desk"),
    path("here/", views.here, name="desk_here"),
    path("back/", views.back, name="desk_back"),
    path("unlock/", views.unlock, name="desk_unlock"),
    path("sign-out/", views.sign_out, name="desk_sign_out"),
]
